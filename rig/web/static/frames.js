// Binary frames of meters and spectra: the newest of each kind, and one clock for all that is drawn from them.

const HEAD_BYTES = 6;

/** Kind, frame counter and values of a frame; null for what is none. */
export function readFrame(buffer) {
  if (buffer.byteLength < HEAD_BYTES) return null;
  const view = new DataView(buffer);
  const count = view.getUint8(1);
  if (buffer.byteLength !== HEAD_BYTES + 4 * count) return null;
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 1) values[i] = view.getFloat32(HEAD_BYTES + 4 * i, true);
  return { kind: view.getUint8(0), counter: view.getUint32(2, true), values };
}

export class Frames {
  #names = new Map(); // of meters: where each one stands
  #newest = new Map(); // by kind
  #painters = new Set();
  #asked = false;

  /** What the floats of the meters are called. */
  name(meters) {
    this.#names = new Map((meters?.["1"] ?? []).map((name, at) => [name, at]));
    this.#newest.clear();
  }

  /** One frame has come. */
  take(buffer) {
    const frame = readFrame(buffer);
    if (!frame) return;
    this.#newest.set(frame.kind, frame.values);
    this.repaint();
  }

  /** Nothing comes any more: what was shown is no longer true. */
  stop() {
    this.#newest.clear();
    this.repaint();
  }

  /** A meter now; NaN: not known. */
  meter(name) {
    const at = this.#names.get(name);
    const values = this.#newest.get(1);
    return at === undefined || values === undefined ? NaN : values[at];
  }

  /** Whether rig has a meter of that name. */
  has(name) {
    return this.#names.has(name);
  }

  /** A spectrum, 2 of the guitar, 3 of the output; null: none has come. */
  spectrum(kind) {
    return this.#newest.get(kind) ?? null;
  }

  /** Call `paint` with each picture of the screen for which there is something new. */
  onPaint(paint) {
    this.#painters.add(paint);
    this.repaint();
    return () => this.#painters.delete(paint);
  }

  repaint() {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame((now) => {
      this.#asked = false;
      for (const paint of this.#painters) paint(now);
    });
  }
}
