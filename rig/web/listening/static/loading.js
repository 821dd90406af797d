// The sounds of a screen: fetched piece by piece as one block of samples, so that no sound has an address, a size or a
// time of its own.

const AT_ONCE = 3; // pieces on their way
const HEAD_BYTES = 8;

/** Number of the screen, number of the piece, and its samples: 24 bits, of all sounds in turn. */
export function readPiece(buffer) {
  const view = new DataView(buffer);
  return { screen: view.getUint16(2, true), piece: view.getUint32(4, true), bytes: new Uint8Array(buffer, HEAD_BYTES) };
}

/** Put the samples of a piece where they belong. */
export function fill(channels, bytes, first) {
  const count = channels.length;
  const moments = bytes.length / (3 * count);
  let at = 0;
  for (let i = first; i < first + moments; i += 1) {
    for (let c = 0; c < count; c += 1) {
      channels[c][i] = ((bytes[at] << 8) | (bytes[at + 1] << 16) | (bytes[at + 2] << 24)) / 2147483648;
      at += 3;
    }
  }
}

/** An AudioBuffer of all sounds of a screen, null: not wanted any more. `about`: how the state describes them. */
export async function load(client, screen, about, onShare, isWanted) {
  const { rate_hz: sampleRate, samples: length, sounds: numberOfChannels, pieces, moments } = about;
  const channels = Array.from({ length: numberOfChannels }, () => new Float32Array(length));
  const missing = new Set(Array.from({ length: pieces }, (_, at) => at));
  const queue = [...missing];
  const take = ({ detail: buffer }) => {
    const { screen: of, piece, bytes } = readPiece(buffer);
    if (of !== screen || !missing.delete(piece)) return;
    fill(channels, bytes, piece * moments);
    onShare(1 - missing.size / pieces);
  };
  client.addEventListener("frame", take);
  const work = async () => {
    while (queue.length && isWanted()) await client.ask({ sounds: screen, piece: queue.shift() });
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    client.removeEventListener("frame", take);
  }
  if (!isWanted()) return null;
  if (missing.size) throw new Error("");
  const buffer = new AudioBuffer({ length, numberOfChannels, sampleRate });
  channels.forEach((x, at) => buffer.copyToChannel(x, at));
  return buffer;
}

const PEAKS = 160;

/** How loud each of so many pieces of the reference is, the loudest 1: for the picture of the loop. */
export function peaksOf(buffer) {
  const x = buffer.getChannelData(0);
  const peaks = Array.from({ length: PEAKS }, (_, at) => {
    let peak = 0;
    const end = Math.floor(((at + 1) * x.length) / PEAKS);
    for (let i = Math.floor((at * x.length) / PEAKS); i < end; i += 1) peak = Math.max(peak, Math.abs(x[i]));
    return peak;
  });
  const loudest = Math.max(...peaks, 1e-9);
  return peaks.map((peak) => peak / loudest);
}
