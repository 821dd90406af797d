// Models against a capture: a table, the closest first; one player for gear, model and what is left; null by octave.

import { el, show, text } from "../dom.js";
import { number, percent } from "../format.js";
import { rig } from "../here.js";
import { excerptPlayer } from "./excerpts.js";
import { octaves } from "./octaves.js";
import { S } from "../strings.js";

const HIDDEN = new Set(["file", "model", "name", "path", "sha256", "error"]);

/** The columns that every score has as a number, in the order of the first one. */
export function columnsOf(scores) {
  const names = Object.keys(scores[0] ?? {});
  return names.filter((name) => !HIDDEN.has(name) && scores.some((score) => typeof score[name] === "number")).slice(0, 8);
}

export function nameOf(score) {
  return String(score.name ?? score.model ?? score.file ?? "").replace(/^.*\//, "");
}

function table() {
  const head = el("tr");
  const rows = el("tbody");
  const wrap = el(
    "div.wide",
    { tabIndex: 0, role: "group", "aria-label": S.bench.table },
    el("table", {}, el("caption", {}, S.bench.table), el("thead", {}, head), rows),
  );
  rig.store.watch(
    ({ state }) => state.comparison?.scores ?? [],
    (scores) => {
      show(wrap, scores.length > 0);
      const columns = columnsOf(scores);
      const words = (name) => name.replaceAll("_", " ");
      head.replaceChildren(...["model", ...columns].map((name) => el("th", { scope: "col" }, words(name))));
      rows.replaceChildren(
        ...scores.map((score) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, nameOf(score)),
            ...columns.map((name) => el("td", {}, typeof score[name] === "number" ? number(score[name], Math.abs(score[name]) < 1 ? 4 : 1) : "–")),
          ),
        ),
      );
    },
  );
  return wrap;
}

export function buildCompare(view) {
  const title = el("h1", {}, S.bench.table);
  const bar = el("progress", { max: 1, value: 0, "aria-label": S.bench.progress });
  const words = el("p", { role: "status" });
  rig.store.watch(
    ({ state }) => [state.progress ?? 0, Boolean(state.comparison)],
    ([progress, isDone]) => {
      bar.value = progress;
      show(bar, !isDone);
      text(words, isDone ? "" : S.bench.comparing(percent(progress)));
    },
  );
  view.append(el("div.column", {}, title, words, bar, excerptPlayer(), table(), octaves()));
}
