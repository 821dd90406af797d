// Models against a capture: a table, the closest first; one player for gear, model and what is left; null by octave.

import { el, show, text } from "../dom.js";
import { number, percent } from "../format.js";
import { rig } from "../here.js";
import { withMinus } from "../labels.js";
import { excerptPlayer } from "./excerpts.js";
import { octaves } from "./octaves.js";
import { report } from "./report.js";
import { S } from "../strings.js";

/** What matters, in this order, and its digits. */
const COLUMNS = {
  null_db: 1,
  esr_matched: 4,
  esr_a_weighted: 4,
  esr: 4,
  loudness_difference_lu: 1,
  spectral_difference_db: 1,
  log_spectrum_db: 1,
  lag_samples: 1,
};

export function nameOf(score) {
  return String(score.name || score.file || "").replace(/^.*\//, "");
}

function rowOf(score) {
  const why = [score.reason, ...(score.notes ?? [])].filter(Boolean).join(" ");
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, score.kind === "recording" ? S.bench.recorded(nameOf(score)) : nameOf(score)),
    el(`td.${score.state === "ok" ? "good" : score.state}`, { title: why }, score.verdict ?? ""),
    ...Object.entries(COLUMNS).map(([name, digits]) => el("td.figure", {}, number(score[name], digits))),
  );
}

function table() {
  const rows = el("tbody");
  const heads = [S.bench.columns.model, S.bench.columns.verdict, ...Object.keys(COLUMNS).map((name) => S.bench.columns[name])];
  const head = el("tr", {}, ...heads.map((words, at) => el(at > 1 ? "th.figure" : "th", { scope: "col" }, words)));
  const why = el("ul.plain");
  const wrap = el(
    "div.wide",
    { tabIndex: 0, role: "group", "aria-label": S.bench.table },
    el("table", {}, el("caption.unseen", {}, S.bench.table), el("thead", {}, head), rows),
  );
  rig.store.watch(
    ({ state }) => state.comparison ?? null,
    (found) => {
      show(wrap, Boolean(found?.scores?.length));
      rows.replaceChildren(...(found?.scores ?? []).map(rowOf));
      const told = [
        ...(found?.faults ?? []).map((words) => ["fail", words]),
        ...(found?.warnings ?? []).map((words) => ["warn", words]),
        ...(found?.failures ?? []).map(({ file, reason }) => ["fail", `${file}: ${withMinus(reason)}`]),
        ...(found?.scores ?? []).map((score) => [score.state === "ok" ? "good" : score.state, `${nameOf(score)}: ${withMinus(score.reason ?? "")}`]),
      ];
      why.replaceChildren(...told.map(([kind, words]) => el(`li.${kind}`, {}, words)));
    },
  );
  return el("section.card", { "aria-label": S.bench.table }, wrap, why);
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
  const head = el("div.head", {}, title, words, bar);
  view.append(el("div.compared", {}, head, table(), el("div.column", {}, excerptPlayer(), octaves()), report()));
}
