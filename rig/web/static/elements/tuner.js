// The tuner over the whole screen but the band: note, needle, and green within three cents. A tap leaves.

import { attribute, define, el, show, text } from "../dom.js";
import { colours, fitCanvas } from "../charts.js";
import { number } from "../format.js";
import { closeSheets } from "./sheet.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

const IN_TUNE_CENTS = 3;
const WORDS_MS = 1000; // between two texts for a screen reader

class Tuner extends HTMLElement {
  #saidAt = 0;
  #cents = 0;
  #returnTo = null;

  connectedCallback() {
    for (const [name, value] of [["role", "dialog"], ["aria-modal", "true"], ["aria-label", S.band.tuner]]) this.setAttribute(name, value);
    this.note = el("div.note");
    this.octave = el("span.octave");
    this.letter = el("span.letter");
    this.accidental = el("span.accidental");
    this.note.append(this.letter, this.accidental, this.octave);
    this.cents = el("div.cents");
    this.reference = el("div.reference");
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.spoken = el("div.unseen", { role: "status" });
    this.surface = el(
      "button.surface",
      { type: "button", onclick: () => rig.do("tuner", false), "aria-label": S.tunerLeave },
      ...[this.note, el("div.needle", {}, this.canvas), this.cents, this.reference],
    );
    this.append(this.surface, this.spoken);
    rig.store.watch(
      (store) => [Boolean(store.state.values?.tuner), store.state.tuner?.a4_hz],
      ([on, a4]) => this.#turn(on, a4),
    );
    rig.frames.onPaint((now) => this.#paint(now));
  }

  #turn(on, a4) {
    show(this, on);
    text(this.reference, a4 ? S.setup.a4(number(a4, a4 % 1 ? 1 : 0)) : "");
    for (const part of document.querySelectorAll("nav.bar, main")) {
      if (on) attribute(part, "inert", "");
      else if (!rig.store.page.sheet && !(rig.store.page.locked && part.matches("nav.bar"))) part.removeAttribute("inert");
    }
    if (on) {
      closeSheets();
      this.#returnTo ??= document.activeElement;
      this.surface.focus({ preventScroll: true });
    } else {
      this.#returnTo?.focus?.();
      this.#returnTo = null;
    }
  }

  #paint(now) {
    if (this.hidden) return;
    const note = rig.frames.meter("tuner_note");
    const cents = rig.frames.meter("tuner_cents");
    const heard = Number.isFinite(note) && Number.isFinite(cents);
    const isIn = heard && Math.abs(cents) <= IN_TUNE_CENTS;
    const name = heard ? S.notes[((note % 12) + 12) % 12] : "–";
    text(this.letter, name[0]);
    text(this.accidental, name.slice(1));
    text(this.octave, heard ? String(Math.floor(note / 12) - 1) : "");
    text(this.cents, heard ? S.cents(cents) : S.tunerWaits);
    attribute(this, "data-in", isIn);
    this.#cents = heard ? this.#cents + (cents - this.#cents) * 0.4 : this.#cents;
    this.#needle(heard ? this.#cents : null, isIn);
    if (heard && now - this.#saidAt > WORDS_MS) {
      this.#saidAt = now;
      text(this.spoken, `${name}, ${isIn ? S.inTune : S.cents(cents)}`);
    }
  }

  #needle(cents, isIn) {
    const { context, width, height } = fitCanvas(this.canvas);
    const { soft, good, accent, raised } = colours();
    const x = (value) => width / 2 + (value / 50) * (width / 2 - 8);
    context.fillStyle = raised;
    context.fillRect(0, 0, width, height);
    context.fillStyle = good;
    context.globalAlpha = 0.35;
    context.fillRect(x(-IN_TUNE_CENTS), 0, x(IN_TUNE_CENTS) - x(-IN_TUNE_CENTS), height);
    context.globalAlpha = 1;
    context.fillStyle = soft;
    for (let mark = -50; mark <= 50; mark += 10) {
      const tall = mark % 50 === 0 ? 1 : 0.35;
      context.fillRect(x(mark) - 1, height * (1 - tall), 2, height * tall);
    }
    if (cents === null) return;
    context.fillStyle = isIn ? good : accent;
    const thick = Math.max(8, width / 90);
    context.fillRect(x(Math.max(-50, Math.min(50, cents))) - thick / 2, 0, thick, height);
  }
}

define("rig-tuner", Tuner);
