// What is left of the gear by octave, of the closest models: lower is closer.

import { HEARING, colours, decibels, lines } from "../charts.js";
import { el, show } from "../dom.js";
import { rig } from "../here.js";
import { S } from "../strings.js";
import { nameOf } from "./compare.js";

/** `{hz: [...], series: [{name, db}]}` of whatever bands the comparison holds. */
export function bandsOf(comparison) {
  const scores = comparison?.scores ?? [];
  const hz = comparison?.octaves_hz ?? comparison?.bands_hz ?? [];
  const of = (score) => score.null_by_octave_db ?? score.octaves_db ?? score.bands_db ?? null;
  const series = scores
    .filter((score) => of(score))
    .slice(0, 3)
    .map((score) => {
      const found = of(score);
      return Array.isArray(found)
        ? { name: nameOf(score), x: hz, y: found }
        : { name: nameOf(score), x: Object.keys(found).map(Number), y: Object.values(found) };
    });
  return series.filter(({ x, y }) => x.length === y.length && x.length);
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
    lines(canvas, { x: HEARING, y: decibels(-60, 6, 12) }, found.map((one, at) => ({ ...one, colour: looks[at] })));
  };
  rig.store.watch(
    (store) => [store.state.comparison, store.page.theme],
    () => requestAnimationFrame(draw),
  );
  new ResizeObserver(draw).observe(graph);
  return card;
}
