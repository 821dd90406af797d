// Gear, model and difference of an excerpt, in step: changing between them goes on at the same place.

import { attribute, button, el, show, text } from "../dom.js";
import { bare } from "../format.js";
import { rig } from "../here.js";
import { S } from "../strings.js";
import { takeToken } from "../token.js";

const PARTS = ["gear", "model", "difference"];
const FADE_S = 0.01;

class Playback {
  #context = null;
  #sources = [];
  #gains = [];
  #loaded = new Map();

  async #buffers(index) {
    this.#context ??= new AudioContext();
    await this.#context.resume();
    if (!this.#loaded.has(index)) {
      const each = PARTS.map(async (part) => {
        const headers = { Authorization: `Bearer ${takeToken()}` };
        const answer = await fetch(`/excerpts/${index}/${part}.wav`, { headers });
        if (!answer.ok) throw new Error(await answer.text());
        return this.#context.decodeAudioData(await answer.arrayBuffer());
      });
      this.#loaded.set(index, await Promise.all(each));
    }
    return this.#loaded.get(index);
  }

  async play(index, part) {
    const buffers = await this.#buffers(index);
    this.stop();
    const at = this.#context.currentTime + 0.05;
    this.#gains = buffers.map(() => new GainNode(this.#context, { gain: 0 }));
    this.#sources = buffers.map((buffer, i) => {
      const source = new AudioBufferSourceNode(this.#context, { buffer, loop: true });
      source.connect(this.#gains[i]).connect(this.#context.destination);
      source.start(at);
      return source;
    });
    this.hear(part);
  }

  hear(part) {
    this.#gains.forEach((gain, i) => gain.gain.setTargetAtTime(PARTS[i] === part ? 1 : 0, this.#context.currentTime, FADE_S));
  }

  stop() {
    for (const source of this.#sources) source.stop();
    this.#sources = [];
    this.#gains = [];
  }

  get isPlaying() {
    return this.#sources.length > 0;
  }
}

export function excerptPlayer() {
  const playback = new Playback();
  const select = el("select", { "aria-label": S.bench.listen });
  const none = el("p.soft", {}, S.bench.nothingToHear);
  const state = el("p.soft", { role: "status" });
  let part = "model";
  let heard = [];
  const labelOf = (name) => S.bench.hear[name === "model" ? (heard[Number(select.value)]?.kind ?? "model") : name];
  const pads = PARTS.map((name) =>
    button(".pad", S.bench.hear[name], () => {
      part = name;
      draw();
      playback.hear(name);
    }),
  );
  const toggle = button(".strong", S.bench.play, async () => {
    if (playback.isPlaying) playback.stop();
    else {
      text(state, S.bench.loading);
      try {
        await playback.play(Number(select.value), part);
        text(state, "");
      } catch (error) {
        text(state, error.message);
      }
    }
    draw();
  });
  const draw = () => {
    PARTS.forEach((name, at) => attribute(pads[at], "aria-pressed", name === part));
    PARTS.forEach((name, at) => text(pads[at], labelOf(name)));
    text(toggle, playback.isPlaying ? S.bench.stop : S.bench.play);
  };
  select.addEventListener("change", async () => {
    draw();
    if (playback.isPlaying) await playback.play(Number(select.value), part);
  });
  const body = el("div", {}, el("div.row", {}, select, toggle), el("div.row.big.three", {}, ...pads), state);
  rig.store.watch(
    (store) => store.state.excerpts ?? [],
    (found) => {
      heard = found;
      show(none, found.length === 0);
      show(body, found.length > 0);
      select.replaceChildren(...found.map(({ file }, at) => el("option", { value: String(at) }, bare(file.replace(/^.*\//, "")))));
      draw();
    },
  );
  draw();
  return el("section.card.listen", { "aria-label": S.bench.listen }, el("h2", {}, S.bench.listen), none, body);
}
