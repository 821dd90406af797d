// One listener's sitting, as this page has it: what rig tells, what sounds, and what goes to rig.

import { Client } from "./client.js";
import { load, peaksOf } from "./loading.js";
import { key } from "./pass.js";
import { Player } from "./player.js";
import { Store } from "./store.js";

const RATE_MS = 250; // between two ratings of one slider that moves: each is written to a disk
const LOOK_MS = 100;
const ANSWER_MS = 3000;
const LONGEST_GAP_S = 1; // between two looks: more was no listening, but a lid that was closed

class Hearing {
  store = new Store();
  player = null;
  #context = null;
  #loaded = null; // number of the screen whose sounds are here
  #playedS = new Map(); // how long each has played on this screen, until rig knows that it was heard
  #told = new Set();
  #lookedAt = 0;
  #moving = new Map(); // ratings that are on their way, by position
  #painters = new Set();

  constructor() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.client = new Client(`${scheme}://${location.host}/ws`);
    const on = (type, handle) => this.client.addEventListener(type, ({ detail }) => handle(detail));
    on("hello", (hello) => this.store.set({ hello }));
    on("state", (state) => this.#stands(state));
    on("event", ({ text }) => this.say(text));
    on("connection", ({ connection, sentence }) => this.store.set({ connection, sentence }));
    this.store.set({ heard: null, section: null, wave: null, load: null, said: "", ratings: 0 });
    setInterval(() => this.#look(), LOOK_MS);
  }

  /** Tell whoever sits here something; empty: nothing any more. */
  say(said) {
    this.store.set({ said });
  }

  // ---------------------------------------------------------------- what rig tells
  #stands(state) {
    this.store.set({ state });
    if (state.number !== this.#loaded || !state.sound) this.#open(state);
  }

  async #open({ number, sound }) {
    if (number === undefined) return;
    this.#loaded = number;
    this.#moving.clear();
    this.#playedS.clear();
    this.#told.clear();
    this.player?.stop();
    this.player = null;
    this.store.set({ heard: null, section: null, wave: null, load: sound ? { share: 0 } : null, said: "" });
    if (!sound) return;
    try {
      const tell = (share) => this.#loaded === number && this.store.set({ load: { share } });
      const buffer = await load(this.client, number, sound, tell, () => this.#loaded === number);
      if (!buffer || this.#loaded !== number) return;
      this.#ready(buffer);
    } catch (error) {
      if (this.#loaded === number) this.store.set({ load: { failed: error.message } });
    }
  }

  /** The sounds of the screen once more, after they could not be loaded. */
  again() {
    this.#open(this.store.state);
  }

  #ready(buffer) {
    if (this.#context?.sampleRate !== buffer.sampleRate) {
      this.#context?.close();
      this.#context = new AudioContext({ sampleRate: buffer.sampleRate, latencyHint: "interactive" });
    }
    this.player = new Player(this.#context, this.store.hello);
    this.player.load(buffer);
    this.player.onChange = () => {
      this.#count();
      this.store.set({ heard: this.player.heard });
      this.#paint();
    };
    const wave = { seconds: buffer.duration, peaks: peaksOf(buffer) };
    this.store.set({ load: null, section: [0, buffer.duration], wave, slid: performance.now() });
  }

  // ---------------------------------------------------------------- what sounds
  /** Hear a position, counted from 1; 0: the reference. */
  async hear(which) {
    const { state } = this.store;
    if (!this.player || which > state.positions) return;
    const { player } = this;
    await this.#context.resume();
    if (player === this.player) player.hear(which);
  }

  stop() {
    this.player?.stop();
  }

  /** Play the one that was heard last, or the reference; or stop. */
  toggle() {
    if (this.store.heard !== null) this.stop();
    else this.hear(this.last ?? 0);
  }

  /** How long it has played now: counted before it changes, and now and then. */
  #count() {
    const now = performance.now();
    const passed = Math.min(LONGEST_GAP_S, (now - this.#lookedAt) / 1000);
    this.#lookedAt = now;
    const which = this.sounding;
    this.sounding = this.player?.heard ?? null;
    if (this.sounding !== null) this.last = this.sounding;
    if (which === null || which === undefined || this.#context?.state !== "running") return;
    this.#playedS.set(which, (this.#playedS.get(which) ?? 0) + passed);
  }

  #look() {
    this.#count();
    const { state, hello } = this.store;
    if (!state.sound) return;
    for (const [which, seconds] of this.#playedS) {
      const isKnown = which === 0 ? state.reference_heard : state.heard[which - 1];
      if (isKnown || this.#told.has(which) || seconds < hello.heard_s) continue;
      this.#told.add(which);
      this.#do(`heard_${which}`, Math.min(59, seconds)).then((isDone) => isDone || this.#told.delete(which));
    }
  }

  // ---------------------------------------------------------------- what goes to rig
  async #do(name, value) {
    const guard = setTimeout(() => this.client.probe(), ANSWER_MS); // the network may be gone, though nobody has said so
    try {
      await this.client.do(name, value, this.store.state.number);
      return true;
    } catch (error) {
      if (error.message) this.say(error.message);
      return false;
    } finally {
      clearTimeout(guard);
    }
  }

  /** Whether a position, counted from 1, may be rated: it sounds now, and was heard for a moment. */
  mayRate(which) {
    return which > 0 && this.store.heard === which && this.store.state.heard?.[which - 1] === true;
  }

  /** How a position is rated, or will be in a moment; null: not yet. */
  rating(which) {
    return this.#moving.get(which)?.value ?? this.store.state.scores?.[which - 1] ?? null;
  }

  /** A rating that may still move: the newest goes, now and then, and the last one surely. */
  rate(which, value) {
    if (!this.mayRate(which)) return;
    const moving = this.#moving.get(which);
    this.#moving.set(which, { value, isBusy: moving?.isBusy ?? false });
    this.store.set({ ratings: this.store.ratings + 1, said: "" });
    if (!moving?.isBusy) this.#send(which);
  }

  async #send(which) {
    const { number } = this.store.state;
    const moving = this.#moving.get(which);
    const { value } = moving;
    moving.isBusy = true;
    const [isDone] = await Promise.all([
      this.#do(`rate_${which}`, value),
      new Promise((resolve) => setTimeout(resolve, RATE_MS)),
    ]);
    const now = this.#moving.get(which);
    if (this.store.state.number !== number || !now) return;
    if (isDone && now.value !== value) this.#send(which);
    else this.#moving.delete(which); // what rig knows is shown
    this.store.set({ ratings: this.store.ratings + 1 });
  }

  comment(text) {
    return this.#do("comment", text.replace(/\s+/g, " ").trim().slice(0, 1000));
  }

  async close() {
    if (await this.#do("close")) this.stop();
  }

  leaveOutTraining() {
    return this.#do("leave_out_training");
  }

  /** Take a seat; false: why not was said. */
  async sit(name) {
    try {
      const answer = await this.client.ask({ do: "sit", value: name });
      key.put(answer.key);
      this.client.open(answer.key); // from now on this browser comes with its own key
      return true;
    } catch (error) {
      this.say(error.message);
      return false;
    }
  }

  // ---------------------------------------------------------------- as the picture of the loop wants it
  frames = { meter: () => this.player?.at ?? NaN, onPaint: (paint) => this.#painters.add(paint) };

  loop = {
    store: {
      seen: this.store,
      get state() {
        return { loop_wave: this.seen.wave };
      },
      watch: (select, apply) => this.store.watch(({ wave, slid, page }) => select({ state: { loop_wave: wave }, slid, page }), apply),
    },
    frames: this.frames,
    value: (name) => this.store.section?.[name === "loop_from" ? 0 : 1],
    slide: (name, seconds) => {
      const ends = [...this.store.section];
      ends[name === "loop_from" ? 0 : 1] = seconds;
      this.player.section(...ends);
      this.store.set({ section: [this.player.from, this.player.to], slid: performance.now() });
    },
  };

  repaint() {
    this.#paint();
  }

  #paint() {
    cancelAnimationFrame(this.picture);
    this.picture = requestAnimationFrame(() => {
      for (const paint of this.#painters) paint();
      if (this.player?.isPlaying) this.#paint();
    });
  }
}

export const hearing = new Hearing();
