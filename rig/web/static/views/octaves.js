// What is left of the gear by octave, of the closest models: lower is closer.

import { HEARING, colours, decibels, lines } from "../charts.js";
import { el, show } from "../dom.js";
import { rig } from "../here.js";
import { S } from "../strings.js";
import { nameOf } from "./compare.js";

/** `[{name, x, y}]` of the closest models, in the order of the octaves; those where the gear has nothing are left out. */
export function bandsOf(comparison) {
  return (comparison?.scores ?? []).slice(0, 3).map((score) => {
    const found = Object.entries(score.null_by_octave_db ?? {})
      .map(([hz, db]) => [Number(hz), db])
      .filter(([, db]) => db !== null)
      .sort(([a], [b]) => a - b);
    return { name: nameOf(score), x: found.map(([hz]) => hz), y: found.map(([, db]) => db) };
  });
}

function lowest(found) {
  return Math.max(-96, 12 * Math.floor((Math.min(-36, ...found.flatMap(({ y }) => y)) - 3) / 12));
}

export function octaves() {
  const canvas = el("canvas", { "aria-hidden": "true" });
  const graph = el("div.graph", { role: "img", "aria-label": S.bench.octaves }, canvas);
  const legend = el("ul.legend-row");
  const card = el("section.card", { "aria-label": S.bench.octaves }, el("h2", {}, S.bench.octaves), graph, legend);
  const draw = () => {
    const found = bandsOf(rig.store.state.comparison);
    show(card, found.length > 0);
    if (!found.length || !graph.offsetParent) return;
    const { accent, second, third } = colours();
    const looks = [accent, second, third];
    legend.replaceChildren(...found.map(({ name }, at) => el(`li.of-${["playing", "a", "b"][at]}`, {}, name)));
    lines(canvas, { x: HEARING, y: decibels(lowest(found), 6, 12) }, found.map((one, at) => ({ ...one, colour: looks[at] })));
  };
  rig.store.watch(
    (store) => [store.state.comparison, store.page.theme],
    () => requestAnimationFrame(draw),
  );
  new ResizeObserver(draw).observe(graph);
  return card;
}
