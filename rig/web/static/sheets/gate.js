// Where the gate opens, drawn over what the guitar has given in the last seconds.

import { attribute, el } from "../dom.js";
import { colours, decibels, lines } from "../charts.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

const POINTS = 200;
const EACH_MS = 40;

export function gateGraph() {
  const canvas = el("canvas", { "aria-hidden": "true" });
  const graph = el("div.graph.low", { role: "img", "aria-label": S.setup.gateLine }, canvas);
  const peaks = new Array(POINTS).fill(-Infinity);
  const x = peaks.map((_, at) => at);
  let last = 0;
  rig.frames.onPaint((now) => {
    if (!graph.offsetParent) return;
    if (now - last > EACH_MS) {
      last = now;
      peaks.push(rig.frames.meter("input_peak_dbfs"));
      peaks.shift();
    }
    const threshold = Number(rig.value("gate_threshold"));
    const { good, accent } = colours();
    attribute(graph, "aria-label", `${S.setup.gateLine}: ${threshold} dBFS`);
    lines(
      canvas,
      { x: { low: 0, high: POINTS - 1, ticks: [] }, y: decibels(-100, 0, 20) },
      [
        { x, y: peaks, colour: good, fill: true },
        { x: [0, POINTS - 1], y: [threshold, threshold], colour: accent, dash: [6, 4] },
      ],
    );
  });
  return graph;
}
