// A model in training: its error over time, the gear against itself as a line, which epoch plays, and a key to hear it.

import { colours, lines } from "../charts.js";
import { attribute, el, show, text } from "../dom.js";
import { choice, does } from "../elements/controls.js";
import { time } from "../format.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

const FALLS_BELOW = 0.7; // of the least error: room below the curve

/** Powers of ten around all that is drawn. */
function errors(values) {
  const low = FALLS_BELOW * Math.min(...values);
  const high = Math.max(...values, 2 * low);
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const step of [1, 3]) {
      const value = step * 10 ** power;
      if (value >= low && value <= high) ticks.push([value, String(Number(value.toPrecision(1)))]);
    }
  }
  return { low, high, log: true, ticks };
}

function moments(last) {
  const ticks = Array.from({ length: 5 }, (_, at) => [(at / 4) * last, time((at / 4) * last)]);
  return { low: 0, high: last, ticks };
}

export function trainingGraph() {
  const canvas = el("canvas", { "aria-hidden": "true" });
  const graph = el("div.graph.low", { role: "img", "aria-label": S.setup.trainingCurve }, canvas);
  const words = el("p", { role: "status" });
  const box = el("div", {}, words, graph, el("div.row", {}, does("take_trained")), choice("follow_training"));
  const draw = () => {
    const training = rig.store.state.training;
    show(graph, Boolean(training));
    if (!training) {
      text(words, S.setup.noTraining);
      return;
    }
    const { name, epoch, esr, playing_epoch: playing, seconds, esrs, repeatability_esr: gear } = training;
    const figure = (value) => String(Number(value.toPrecision(2)));
    const now = playing === null || playing === undefined ? S.setup.trainingReady : S.setup.trainingNow(playing);
    text(words, `${S.setup.trainingBest(name, epoch, figure(esr))} ${now}`);
    attribute(graph, "aria-label", gear ? `${S.setup.trainingCurve}. ${S.setup.trainingGear(figure(gear))}` : S.setup.trainingCurve);
    const seen = esrs.filter((value) => value > 0);
    if (!graph.offsetParent || !seen.length) return;
    const { accent, second } = colours();
    const last = Math.max(1, seconds.at(-1));
    const series = [{ x: seconds, y: esrs, colour: accent, width: 3 }];
    if (gear) series.unshift({ x: [0, last], y: [gear, gear], colour: second, width: 2, dash: [7, 4] });
    lines(canvas, { x: moments(last), y: errors(gear ? [...seen, gear] : seen) }, series);
  };
  rig.store.watch((store) => [store.state.training, store.page.theme], () => requestAnimationFrame(draw));
  new ResizeObserver(draw).observe(graph);
  return box;
}
