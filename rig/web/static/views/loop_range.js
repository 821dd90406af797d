// The section of the loop: two thumbs over its waveform, with the place that is played now.

import { colours, fitCanvas } from "../charts.js";
import { attribute, el, show, text } from "../dom.js";
import { number } from "../format.js";
import { S } from "../strings.js";

const SHORTEST_S = 0.2;
const ENDS = ["loop_from", "loop_to"];

function thumb(rig, name, label) {
  const slider = el("input", { type: "range", min: 0, step: 0.05, "aria-label": label, data: { command: name } });
  slider.addEventListener("input", () => {
    const other = rig.value(ENDS.find((each) => each !== name)) ?? 0;
    const wanted = slider.valueAsNumber;
    const kept = name === "loop_from" ? Math.min(wanted, other - SHORTEST_S) : Math.max(wanted, other + SHORTEST_S);
    rig.slide(name, kept);
    draw(slider, kept);
  });
  return slider;
}

function draw(slider, seconds) {
  slider.value = seconds;
  attribute(slider, "aria-valuetext", `${number(seconds, 2)} s`);
}

/** Bars of the waveform, those of the section in colour, and a line where it plays. */
function paint(canvas, { seconds, peaks }, from, to, now) {
  const { context, width, height } = fitCanvas(canvas);
  const { accent, line, text: ink } = colours();
  const bar = width / peaks.length;
  peaks.forEach((peak, at) => {
    const begins = (at * seconds) / peaks.length;
    const isIn = begins + seconds / peaks.length > from && begins < to;
    const tall = Math.max(2, peak * (height - 4));
    context.fillStyle = isIn ? accent : line;
    context.fillRect(at * bar, (height - tall) / 2, Math.max(1, bar - 1), tall);
  });
  if (!Number.isFinite(now)) return;
  context.fillStyle = ink;
  context.fillRect(Math.round((now / seconds) * width) - 1, 0, 2, height);
}

/** Hidden where there is no loop. `rig`: whoever plays it, with its store, values and frames. */
export function loopRange(rig) {
  const canvas = el("canvas", { "aria-hidden": "true" });
  const wave = el("div.wave", {}, canvas);
  const thumbs = [thumb(rig, "loop_from", S.loop.from), thumb(rig, "loop_to", S.loop.to)];
  const words = el("p.soft", {}, "");
  const element = el("div.loop-range", { role: "group", "aria-label": S.loop.section }, el("div.both", {}, wave, ...thumbs), words);
  const ends = () => ENDS.map((name) => rig.value(name) ?? 0);
  const again = () => {
    const { loop_wave: loop } = rig.store.state;
    if (loop && element.offsetParent) paint(canvas, loop, ...ends(), rig.frames.meter("loop_at_s"));
  };
  rig.store.watch(
    (store) => [store.state.loop_wave ?? null, ...ends(), store.slid, store.page.theme],
    ([loop, from, to]) => {
      show(element, Boolean(loop));
      if (!loop) return;
      for (const each of thumbs) attribute(each, "max", loop.seconds);
      draw(thumbs[0], from);
      draw(thumbs[1], to);
      thumbs[0].classList.toggle("on-top", from > loop.seconds / 2);
      text(words, S.loop.words(number(from, 2), number(to, 2), number(loop.seconds, 1)));
      again();
    },
  );
  rig.frames.onPaint(again);
  new ResizeObserver(again).observe(wave);
  return element;
}
