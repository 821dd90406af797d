// Curves of the cabinet that plays over those of the marked ones; and the spectrum of what is heard.

import { HEARING, colours, decibels, lines } from "../charts.js";
import { attribute, el, text } from "../dom.js";
import { bare } from "../format.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

let shapes = [];
const users = new Set();
let isWatched = false;

function onShapes(apply) {
  users.add(apply);
  if (!isWatched) {
    isWatched = true;
    rig.lists.watch("shapes", (items) => {
      shapes = items;
      for (const each of users) each();
    });
    rig.store.watch(
      (store) => [store.page.theme, store.page.view],
      () => requestAnimationFrame(() => users.forEach((each) => each())),
    );
  } else apply();
}

function looks() {
  const { accent, second, third } = colours();
  return {
    playing: { colour: accent, width: 3, dash: [] },
    a: { colour: second, width: 2, dash: [7, 4] },
    b: { colour: third, width: 2, dash: [2, 4] },
  };
}

function graph(classes, label) {
  const canvas = el("canvas", { "aria-hidden": "true" });
  const element = el(`div.graph${classes}`, { role: "img", "aria-label": label }, canvas);
  return { canvas, element };
}

/** Response over frequency, with a legend in words. */
export function responseGraph() {
  const { canvas, element } = graph("", S.cab.response);
  const legend = el("ul.legend-row");
  const draw = () => {
    const found = looks();
    const named = shapes.map(({ which, name }) => `${which === "playing" ? S.playing : which.toUpperCase()}: ${bare(name)}`);
    attribute(element, "aria-label", shapes.length ? S.cab.responseOf(named.join(", ")) : S.cab.response);
    legend.replaceChildren(...shapes.map(({ which }, at) => el(`li.of-${which}`, {}, named[at])));
    if (!element.offsetParent) return;
    const all = shapes.map(({ which, hz, db }) => ({ x: hz, y: db, ...found[which] })).reverse();
    lines(canvas, { x: HEARING, y: decibels(-36, 15, 6) }, all);
  };
  onShapes(draw);
  new ResizeObserver(draw).observe(element);
  return el("div", {}, el("h2", {}, S.cab.response), element, legend);
}

const FAINT_DB = -60;
const LENGTHS_S = [0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** A round time in which all have decayed. */
function lengthOf(all) {
  const ends = all
    .filter((one) => one.decay_db)
    .map(({ decay_db: db, decay_s: seconds }) => ((db.findLastIndex((each) => each > FAINT_DB) + 1) / db.length) * seconds);
  const longest = Math.max(0, ...ends);
  return LENGTHS_S.find((each) => each >= longest) ?? LENGTHS_S.at(-1);
}

/** Waveform and decay, side by side. */
export function smallGraphs() {
  const wave = graph(".low", S.cab.wave);
  const decay = graph(".low", S.cab.decay);
  const spread = (count, seconds) => Array.from({ length: count }, (_, at) => (at / Math.max(1, count - 1)) * seconds);
  const ticks = (seconds, count, scale) =>
    Array.from({ length: count + 1 }, (_, at) => [(at / count) * seconds, `${Math.round((at / count) * seconds * scale)}`]);
  const draw = () => {
    if (!wave.element.offsetParent) return;
    const found = looks();
    const waves = shapes.filter((one) => one.wave).map((one) => ({ x: spread(one.wave.length, one.wave_s ?? 0.005), y: one.wave, ...found[one.which] }));
    const long = shapes[0]?.wave_s ?? 0.005;
    lines(
      wave.canvas,
      { x: { low: 0, high: long, ticks: ticks(long, 5, 1000) }, y: { low: -1, high: 1, ticks: [[-1, "−1"], [0, "0"], [1, "1"]] } },
      waves.reverse(),
    );
    const whole = lengthOf(shapes);
    const decays = shapes.filter((one) => one.decay_db).map((one) => ({ x: spread(one.decay_db.length, one.decay_s ?? 0.5), y: one.decay_db, ...found[one.which] }));
    lines(decay.canvas, { x: { low: 0, high: whole, ticks: ticks(whole, 5, 1000) }, y: decibels(-60, 0, 20) }, decays.reverse());
  };
  onShapes(draw);
  new ResizeObserver(draw).observe(wave.element);
  return el(
    "div.two",
    {},
    el("div", {}, el("h3", {}, `${S.cab.wave} (ms)`), wave.element),
    el("div", {}, el("h3", {}, `${S.cab.decay} (dB, ms)`), decay.element),
  );
}

/** What comes in and goes out, now. */
export function spectrumGraph() {
  const { canvas, element } = graph(".low", S.cab.spectrum);
  rig.frames.onPaint(() => {
    if (!element.offsetParent) return;
    const { soft, good } = colours();
    const hz = rig.store.hello?.spectrum_hz ?? [];
    const all = [
      [2, soft, false],
      [3, good, true],
    ].flatMap(([kind, colour, fill]) => {
      const y = rig.frames.spectrum(kind);
      return y && y.length === hz.length ? [{ x: hz, y: Array.from(y), colour, fill, width: 1.5 }] : [];
    });
    lines(canvas, { x: HEARING, y: decibels(-100, 0, 20) }, all);
  });
  const title = el("h3");
  text(title, S.cab.spectrum);
  return el("div", {}, title, element);
}
