// A level bar on canvas, with the zone where the loudest playing belongs, a peak that falls slowly, and a CLIP that holds.

import { attribute, button, define, el, show, text } from "../dom.js";
import { number } from "../format.js";
import { rig } from "../here.js";
import { S } from "../strings.js";
import { colours, fitCanvas } from "../charts.js";

const LOW_DB = -60;
const FALL_DB_S = 12; // of the peak line
const WORDS_MS = 500; // between two texts for a screen reader

/** `<rig-meter meter="input" label="Input" zone>`. */
class Meter extends HTMLElement {
  #held = -Infinity;
  #heldAt = 0;
  #saidAt = 0;
  #cleared = null; // clips that have been seen

  connectedCallback() {
    if (this.firstChild) return;
    this.meter = this.getAttribute("meter");
    this.label = this.getAttribute("label");
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.bar = el(
      "div.gauge",
      { role: "meter", "aria-label": this.label, "aria-valuemin": LOW_DB, "aria-valuemax": 0, "aria-valuenow": LOW_DB },
      this.canvas,
    );
    this.figure = el("b");
    this.reading = el("span.reading", { "aria-hidden": "true" }, this.figure, el("small", {}, S.dbfs));
    this.clip = button(".clip", S.clip, () => this.#clear(), { "aria-label": S.clipNone(this.label) });
    this.append(el("span.name", { "aria-hidden": "true" }, this.label), this.bar, this.reading, this.clip);
    this.stop = rig.store.watch(
      (store) => store.hello?.session,
      () => show(this.clip, rig.frames.has(`${this.meter}_clips`)),
    );
    this.#off = rig.frames.onPaint((now) => this.#paint(now));
    new ResizeObserver(() => rig.frames.repaint()).observe(this.bar);
  }

  #off = () => {};

  disconnectedCallback() {
    this.#off();
    this.stop?.();
  }

  #clear() {
    this.#cleared = rig.frames.meter(`${this.meter}_clips`);
    this.#mark();
  }

  #mark() {
    const clips = rig.frames.meter(`${this.meter}_clips`);
    if (Number.isNaN(clips)) return;
    if (this.#cleared === null || clips < this.#cleared) this.#cleared = clips;
    const has = clips > this.#cleared;
    attribute(this.clip, "data-clips", has);
    attribute(this.clip, "aria-label", has ? S.clipClear(this.label) : S.clipNone(this.label));
  }

  #paint(now) {
    if (!this.bar.offsetParent) return;
    const peak = rig.frames.meter(`${this.meter}_peak_dbfs`);
    const rms = rig.frames.meter(`${this.meter}_rms_dbfs`);
    const fallen = this.#held - ((now - this.#heldAt) / 1000) * FALL_DB_S;
    this.#held = Number.isNaN(peak) ? -Infinity : Math.max(peak, fallen);
    this.#heldAt = now;
    this.#draw(peak, rms);
    this.#mark();
    if (now - this.#saidAt > WORDS_MS) {
      this.#saidAt = now;
      attribute(this.bar, "aria-valuenow", Math.round(Math.max(LOW_DB, Number.isNaN(peak) ? LOW_DB : Math.min(0, this.#held))));
      attribute(this.bar, "aria-valuetext", S.levelWords(this.#held));
      text(this.figure, this.#held > LOW_DB ? number(this.#held, 0) : "–");
    }
    if (this.#held > LOW_DB) setTimeout(() => rig.frames.repaint(), 40);
  }

  #draw(peak, rms) {
    const { context, width, height } = fitCanvas(this.canvas);
    const { raised, good, warn, bad, text: line, zone } = colours();
    const x = (db) => (Math.min(0, Math.max(LOW_DB, db)) / -LOW_DB + 1) * width;
    context.fillStyle = raised;
    context.fillRect(0, 0, width, height);
    const [low, high] = this.hasAttribute("zone") ? (rig.store.state.zone_dbfs ?? [0, 0]) : [0, 0];
    if (low < high) {
      context.fillStyle = zone;
      context.fillRect(x(low), 0, x(high) - x(low), height);
    }
    const fill = (db, alpha) => {
      if (!(db > LOW_DB)) return;
      const limit = low < high ? high : -1;
      context.globalAlpha = alpha;
      context.fillStyle = good;
      context.fillRect(0, height * 0.18, x(Math.min(db, low < high ? low : -12)), height * 0.64);
      if (db > (low < high ? low : -12)) {
        context.fillStyle = low < high ? good : warn;
        const from = x(low < high ? low : -12);
        context.fillRect(from, height * 0.18, x(Math.min(db, limit)) - from, height * 0.64);
      }
      if (db > limit) {
        context.fillStyle = bad;
        context.fillRect(x(limit), height * 0.18, x(db) - x(limit), height * 0.64);
      }
      context.globalAlpha = 1;
    };
    fill(peak, 0.45);
    fill(rms, 1);
    if (this.#held > LOW_DB) {
      context.fillStyle = line;
      context.fillRect(Math.min(width - 2, x(this.#held) - 1), 0, 3, height);
    }
    if (low < high) {
      context.fillStyle = line;
      for (const db of [low, high]) context.fillRect(x(db), 0, 1, height);
    }
  }
}

define("rig-meter", Meter);

export function meter(name, label, zone = false) {
  const element = document.createElement("rig-meter");
  element.setAttribute("meter", name);
  element.setAttribute("label", label);
  if (zone) element.setAttribute("zone", "");
  return element;
}
