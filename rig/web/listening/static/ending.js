// The end: thanks, the closing hash, and the results where they are shown.

import { button, el, show, text } from "./dom.js";
import { bare, number } from "./format.js";
import { hearing } from "./hearing.js";
import { key } from "./pass.js";
import { W } from "./words.js";

export function ending() {
  const thanks = el("h1");
  const closing = el("p.soft.hash");
  const promise = el("p.soft.hash");
  const results = el("div.results");
  const none = el("p.soft", {}, W.noResults);
  const another = button("", W.another, () => {
    key.forget();
    location.reload();
  });
  hearing.store.watch(
    ({ state }) => (state.phase === "over" ? [state.listener, state.closing, state.promise, state.results] : null),
    (found) => {
      if (!found) return;
      const [listener, closed, promised, shown] = found;
      text(thanks, W.thanks(listener));
      text(closing, W.closing(closed));
      text(promise, W.promise(promised));
      show(none, !shown);
      show(results, Boolean(shown));
      if (shown) results.replaceChildren(...resultsOf(shown));
    },
  );
  return el("section.ending", {}, thanks, el("p.lead", {}, W.done), results, none, promise, closing, el("div.row", {}, another));
}

const mean = (scores) => scores.reduce((sum, each) => sum + each, 0) / scores.length;

/** A row of the picture: its name, its bar, its figure; as words for whoever does not see it. */
function row({ kind, name, scores }, all) {
  const mine = mean(scores);
  const what = W.kinds[kind] || bare(name);
  const bar = el("div.bar-of");
  const put = (what_, from, to) => {
    const part = el(`i.${what_}`);
    part.style.left = `${from}%`;
    if (to !== undefined) part.style.width = `${Math.max(0, to - from)}%`;
    bar.append(part);
  };
  const [low, high] = [all?.low ?? null, all?.high ?? null];
  put("mean", 0, all?.mean ?? mine);
  if (low !== null) put("interval", Math.max(0, low), Math.min(100, high));
  if (all) put("mine", mine);
  const round = (value) => (value === null ? null : number(value, 0));
  const words = W.resultWords(what, round(all?.mean ?? null), round(low), round(high), number(mine, 0));
  return [el("span.name-of", {}, what), el("div", { role: "img", "aria-label": words }, bar), el("span.figure", {}, number(all?.mean ?? mine, 0))];
}

function resultsOf({ mine, all }) {
  const heard = all?.conditions.length ? all.conditions : null;
  const order = mine.map((_, at) => at).sort((a, b) => (heard ? heard[b].mean - heard[a].mean : mean(mine[b].scores) - mean(mine[a].scores)));
  const axis = el("div.axis", { "aria-hidden": "true" }, ...[...W.marks].reverse().map((each) => el("span", {}, each)));
  const picture = el("div.picture", {}, ...order.flatMap((at) => row(mine[at], heard?.[at])), el("span"), axis, el("span"));
  return [
    el("h2", {}, W.results),
    picture,
    el("p.soft", {}, W.resultsMeans(Boolean(heard))),
    all && el("p", {}, W.resultsOf(all.listeners, all.left_out, all.unfinished)),
    ...(all?.sentences ?? []).map((each) => el("p", {}, each)),
  ].filter(Boolean);
}
