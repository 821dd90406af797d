// All sounds of a screen in lock-step: one source of many channels, of which one is let through.
//
// Every press fades out and in again by equal raised cosines, and changes in the silence between, also where nothing
// changes: the switch itself tells nothing. The channels are those of one buffer, so none can be early or late against
// another. (AudioWorklet would do, too, but a browser lends it to no page of the network that comes without TLS.)

const AHEAD_S = 0.005; // between a press and its fade: the context is never asked for the past
const STEPS = 12; // straight lines that make a raised cosine

const raised = (share) => 0.5 - 0.5 * Math.cos(Math.PI * share);

export class Player {
  #context;
  #bus;
  #gains = [];
  #splitter;
  #source = null;
  #sounds = null; // an AudioBuffer: the reference, then the others
  #piece = null; // what of it is looped
  #began = 0; // when the loop would have begun at its first sample
  #busyUntil = 0;
  #isUp = false; // whether anything comes out between two switches
  #fade; // of a switch, one way
  #seam; // at both ends of a section
  #shortest;
  #timer = 0;
  #wanted = null;
  onChange = () => {};
  heard = null; // which one; null: none
  from = 0;
  to = 0;

  /** In seconds: a switch one way, the fades at both ends of a section, and the shortest section. */
  constructor(context, { switch_s: fade, fade_s: seam, shortest_s: shortest }) {
    this.#context = context;
    this.#fade = fade;
    this.#seam = seam;
    this.#shortest = shortest;
    this.#bus = new GainNode(context, { gain: 0 });
    this.#bus.connect(context.destination);
  }

  /** Other sounds; nothing plays then. */
  load(sounds) {
    this.#cut();
    this.#sounds = sounds;
    this.from = 0;
    this.to = sounds.duration;
    this.#piece = null;
    this.#splitter = new ChannelSplitterNode(this.#context, { numberOfOutputs: sounds.numberOfChannels });
    this.#gains = Array.from({ length: sounds.numberOfChannels }, (_, at) => {
      const gain = new GainNode(this.#context, { gain: 0 });
      this.#splitter.connect(gain, at);
      gain.connect(this.#bus);
      return gain;
    });
  }

  get isPlaying() {
    return this.heard !== null;
  }

  /** Where in the sounds it is, in seconds; NaN: nowhere. */
  get at() {
    if (!this.#source || !this.#piece) return NaN;
    const length = this.#piece.duration;
    const passed = Math.max(0, this.#context.currentTime - this.#began);
    return this.from + (passed % length);
  }

  /** Hear one, from where the loop is now. 0: the reference. */
  hear(which) {
    this.#press({ which });
  }

  /** Silence. */
  stop() {
    if (this.isPlaying) this.#press({ which: null });
  }

  /** Loop from here to there, in seconds. */
  section(from, to) {
    const all = this.#sounds.duration;
    this.from = Math.max(0, Math.min(from, all - this.#shortest));
    this.to = Math.min(all, Math.max(to, this.from + this.#shortest));
    this.#piece = null;
    if (this.isPlaying) this.#press({ which: this.heard, isNew: true });
  }

  #press({ which, isNew = false }) {
    this.heard = which;
    this.#wanted = { which, isNew: isNew || (this.#wanted?.isNew ?? false) };
    clearTimeout(this.#timer);
    const wait = this.#busyUntil - this.#context.currentTime;
    if (wait > 0) this.#timer = setTimeout(() => this.#change(), Math.ceil(1000 * wait) + 1);
    else this.#change();
    this.onChange();
  }

  /** One fade out, the change, one fade in: always the same. */
  #change() {
    const { which, isNew } = this.#wanted;
    this.#wanted = null;
    const now = this.#context.currentTime + AHEAD_S;
    const middle = now + this.#fade;
    this.#slope(now, this.#isUp ? 1 : 0, 0);
    this.#gains.forEach(({ gain }, at) => gain.setValueAtTime(at === which ? 1 : 0, middle));
    if (which === null) {
      this.#source?.stop(middle);
      this.#source = null;
    } else {
      if (!this.#source || isNew) this.#begin(middle);
    }
    this.#isUp = which !== null;
    this.#slope(middle, 0, this.#isUp ? 1 : 0);
    this.#busyUntil = middle + this.#fade;
  }

  #slope(when, from, to) {
    const { gain } = this.#bus;
    gain.setValueAtTime(from, when);
    for (let step = 1; step <= STEPS; step += 1) {
      const share = step / STEPS;
      gain.linearRampToValueAtTime(from + (to - from) * raised(share), when + share * this.#fade);
    }
  }

  #begin(when) {
    this.#piece ??= looped(this.#sounds, this.from, this.to, this.#seam);
    this.#source?.stop(when);
    const source = new AudioBufferSourceNode(this.#context, { buffer: this.#piece, loop: true });
    source.connect(this.#splitter);
    source.start(when);
    this.#source = source;
    this.#began = when;
  }

  #cut() {
    clearTimeout(this.#timer);
    const was = this.isPlaying;
    this.heard = null;
    this.#wanted = null;
    if (this.#source) {
      const now = Math.max(this.#context.currentTime + AHEAD_S, this.#busyUntil);
      this.#slope(now, this.#isUp ? 1 : 0, 0);
      this.#source.stop(now + this.#fade);
      this.#busyUntil = now + this.#fade;
      this.#isUp = false;
    }
    this.#source = null;
    if (was) this.onChange();
  }
}

/** A piece of all sounds, faded at both ends, so that its seam does not click: in all of them alike. */
export function looped(sounds, from, to, fade) {
  const rate = sounds.sampleRate;
  const first = Math.round(from * rate);
  const last = Math.min(sounds.length, Math.round(to * rate));
  if (first === 0 && last === sounds.length) return sounds; // the fades of the whole are in it
  const length = Math.max(1, last - first);
  const piece = new AudioBuffer({ length, numberOfChannels: sounds.numberOfChannels, sampleRate: rate });
  const slope = Math.min(Math.round(fade * rate), length >> 1);
  for (let channel = 0; channel < sounds.numberOfChannels; channel += 1) {
    const x = sounds.getChannelData(channel).slice(first, last);
    for (let i = 0; i < slope; i += 1) {
      x[i] *= raised(i / slope);
      x[length - 1 - i] *= raised(i / slope);
    }
    piece.copyToChannel(x, channel);
  }
  return piece;
}
