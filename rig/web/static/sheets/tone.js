// What tone controls and equalizer do over frequency: in front of the model, between two, behind.

import { HEARING, colours, decibels, lines } from "../charts.js";
import { attribute, el, show } from "../dom.js";
import { choice, does, fader, key } from "../elements/controls.js";
import { number } from "../format.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

const PLACES = ["behind", "before", "between"];

/** The four tone controls. */
export const toneKnobs = () => ["bass", "middle", "treble", "presence"].map((name) => fader(name));

/** One band of the equalizer at a time; the graph draws all of them. */
export const equalizer = () => [
  ...[choice("eq_band"), el("div.row", {}, key("eq_on"), does("eq_remove")), choice("eq_type")],
  ...[fader("eq_hz"), fader("eq_gain"), fader("eq_q"), choice("eq_place")],
];

export function toneGraph() {
  const canvas = el("canvas", { "aria-hidden": "true" });
  const graph = el("div.graph.low", { role: "img", "aria-label": S.setup.toneCurve }, canvas);
  const legend = el("ul.legend-row");
  const box = el("div", {}, graph, legend);
  const draw = () => {
    const tone = rig.store.state.tone;
    show(box, Boolean(tone));
    if (!tone) return;
    const { accent, second, third } = colours();
    const looks = { behind: { colour: accent, width: 3 }, before: { colour: second, width: 2, dash: [7, 4] }, between: { colour: third, width: 2, dash: [2, 4] } };
    const there = PLACES.filter((place) => tone[`${place}_db`]);
    const words = there.map((place) => {
      const dbs = tone[`${place}_db`];
      return `${S.setup.tonePlaces[place]}: ${number(Math.min(...dbs))} … ${number(Math.max(...dbs))} dB`;
    });
    attribute(graph, "aria-label", `${S.setup.toneCurve}. ${words.join("; ")}`);
    legend.replaceChildren(...words.map((each) => el("li", {}, each)));
    if (!graph.offsetParent) return;
    const series = there.map((place) => ({ x: tone.hz, y: tone[`${place}_db`], ...looks[place] }));
    lines(canvas, { x: HEARING, y: decibels(-18, 18, 6) }, series);
  };
  rig.store.watch((store) => [store.state.tone, store.page.theme], () => requestAnimationFrame(draw));
  new ResizeObserver(draw).observe(graph);
  return box;
}
