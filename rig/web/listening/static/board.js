// The screen: the reference, a column for each sound with its slider, the loop, the comment, and the way on.

import { attribute, button, el, newId, show, text } from "./dom.js";
import { hearing } from "./hearing.js";
import { loopRange } from "./views/loop_range.js";
import { W, letterOf } from "./words.js";

const SURE_MS = 4000;

/** Of a position, counted from 1: the pad that plays it, its slider, and what it is rated. */
function column(which) {
  const mark = el("span.mark", { "aria-hidden": "true" });
  const pad = button(".pad", [el("span.number", {}, letterOf(which)), mark], () => hearing.hear(which), { data: { sound: which } });
  const slider = el("input.rating", { type: "range", min: 0, max: 100, step: 1, "aria-label": W.rating(which), "aria-orientation": "vertical" });
  const value = el("output", { "aria-hidden": "true" });
  const rate = () => hearing.rate(which, slider.valueAsNumber);
  slider.addEventListener("input", rate);
  // A tap where the slider stands already is a rating, too.
  slider.addEventListener("pointerup", () => hearing.rating(which) === null && rate());
  let isInSight = false;
  const element = el("div.column", {}, pad, el("div.track", {}, slider), value);
  hearing.store.watch(
    ({ state, heard, ratings }) => [state.number, state.heard?.[which - 1], state.scores?.[which - 1], heard, ratings],
    ([, isHeard, , heard]) => {
      const rating = hearing.rating(which);
      const plays = heard === which;
      attribute(pad, "aria-pressed", plays);
      attribute(pad, "data-heard", Boolean(isHeard));
      attribute(pad, "aria-label", `${W.hear(which)}${isHeard ? "" : `, ${W.unheard}`}`);
      text(mark, plays ? "▶" : isHeard ? "✓" : "");
      attribute(element, "data-plays", plays);
      attribute(element, "data-rated", rating !== null);
      if (plays && !isInSight) element.scrollIntoView({ inline: "nearest", block: "nearest" });
      isInSight = plays;
      const shown = String(rating ?? 0);
      if (slider.value !== shown) slider.value = shown;
      if (slider.disabled === hearing.mayRate(which)) slider.disabled = !slider.disabled;
      attribute(slider, "aria-valuetext", rating === null ? W.unrated : W.rated(rating));
      text(value, rating === null ? "–" : String(rating));
    },
  );
  return element;
}

function referencePad() {
  const mark = el("span.mark", { "aria-hidden": "true" });
  const pad = button(".pad.reference", [el("span.number", {}, W.reference), mark], () => hearing.hear(0), { data: { sound: 0 } });
  hearing.store.watch(
    ({ state, heard }) => [heard === 0, state.reference_heard],
    ([plays, isHeard]) => {
      attribute(pad, "aria-pressed", plays);
      attribute(pad, "aria-label", `${W.hearReference}${isHeard ? "" : `, ${W.unheard}`}`);
      text(mark, plays ? "▶" : isHeard ? "✓" : "");
    },
  );
  return pad;
}

function scale() {
  const marks = el("ol.marks", { "aria-hidden": "true" }, ...W.marks.map((each) => el("li", {}, each)));
  return el("div.scale", {}, referencePad(), el("div.track", {}, marks), el("output", { "aria-hidden": "true" }, ""));
}

function columns() {
  const inner = el("div.columns", { role: "group", "aria-label": W.board }, scale());
  hearing.store.watch(
    ({ state }) => state.positions ?? 0,
    (count) => {
      inner.replaceChildren(inner.firstChild, ...Array.from({ length: count }, (_, at) => column(at + 1)));
      inner.scrollLeft = 0;
    },
  );
  return inner;
}

function comment() {
  const id = newId("comment");
  const field = el("textarea", { id, rows: 2, maxLength: 1000, placeholder: W.commentHelp });
  const element = el("div.comment", {}, el("label", { htmlFor: id }, W.comment), field);
  let timer = 0;
  const send = () => {
    clearTimeout(timer);
    timer = 0;
    hearing.comment(field.value);
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(send, 800);
  });
  field.addEventListener("change", () => timer && send());
  hearing.store.watch(
    ({ state }) => [state.number, state.phase, state.comment],
    ([, phase, found]) => {
      show(element, phase === "rating");
      if (!timer && document.activeElement !== field) field.value = found ?? "";
    },
  );
  return { element, flush: () => timer && send() };
}

function skip() {
  let timer = 0;
  const key = button(".skip", W.skip, () => {
    if (timer) {
      hearing.leaveOutTraining();
      return;
    }
    text(key, W.skipSure);
    timer = setTimeout(reset, SURE_MS);
  });
  const reset = () => {
    clearTimeout(timer);
    timer = 0;
    text(key, W.skip);
  };
  hearing.store.watch(
    ({ state }) => [state.phase, state.number],
    ([phase]) => {
      reset();
      show(key, phase === "training");
    },
  );
  return key;
}

function wayOn(flush) {
  const missing = el("p.missing", { role: "status" });
  const next = button(".strong.next", W.next, () => {
    flush();
    hearing.close();
  });
  const final = el("p.soft", {}, W.final);
  hearing.store.watch(
    ({ state }) => [state.phase, state.screen, state.screens, state.missing],
    ([phase, screen, screens, lacks]) => {
      const isLast = screen === screens - 1;
      text(missing, lacks ?? W.ready);
      next.disabled = Boolean(lacks);
      text(next, phase === "training" ? (isLast ? W.toTest : W.next) : isLast ? W.last : W.next);
      show(final, phase === "rating");
    },
  );
  return el("div.way-on", {}, missing, el("div.row", {}, next, skip()), final);
}

/** What stands in place of the columns while their sounds are on their way. */
function loading() {
  const words = el("p.lead", { role: "status" });
  const bar = el("progress", { max: 1, "aria-label": W.loadingLabel });
  const again = button("", W.again, () => hearing.again());
  const element = el("div.loading", {}, words, bar, again);
  hearing.store.watch(
    ({ load }) => load,
    (found) => {
      const hasFailed = found?.failed !== undefined;
      show(element, Boolean(found));
      show(bar, !hasFailed);
      show(again, hasFailed);
      if (!found) return;
      text(words, hasFailed ? W.loadFailed(found.failed) : W.loading);
      bar.value = found.share ?? 0;
    },
  );
  return element;
}

export function board() {
  const head = el("h1", { tabIndex: -1 });
  const means = el("p.soft");
  const play = button(".transport", W.play, () => hearing.toggle());
  const { element: remark, flush } = comment();
  const promise = el("p.soft.hash");
  hearing.store.watch(
    ({ state }) => state.promise ?? "",
    (hash) => text(promise, W.promise(hash.slice(0, 16))),
  );
  const sounds = el("div.sounds", {}, columns());
  const inner = sounds.firstChild;
  const more = () => attribute(sounds, "data-more", inner.scrollLeft + inner.clientWidth < inner.scrollWidth - 8);
  inner.addEventListener("scroll", more, { passive: true });
  new ResizeObserver(more).observe(inner);
  const side = el(
    "div.side",
    {},
    el("div.row.transport-row", {}, play, el("p.now", { role: "status" })),
    loopRange(hearing.loop),
    remark,
    wayOn(flush),
    el("p.soft.by-keys", {}, W.keys),
    promise,
  );
  const now = side.querySelector(".now");
  const element = el("section.board", {}, el("div.head", {}, head, means), loading(), sounds, side);
  hearing.store.watch(
    ({ state, hello }) => [state.phase, state.screen, state.screens, hello?.question],
    ([phase, screen, screens, question]) => {
      if (phase !== "training" && phase !== "rating") return;
      const place = W.screen(screen + 1, screens);
      text(head, phase === "training" ? `${W.training}: ${place.toLowerCase()}` : place);
      text(means, phase === "training" ? `${W.trainingMeans} ${W.volume}` : question ?? "");
    },
  );
  hearing.store.watch(
    ({ load }) => Boolean(load),
    (isLoading) => {
      show(sounds, !isLoading);
      show(side, !isLoading);
    },
  );
  hearing.store.watch(
    ({ heard, state, ratings }) => [heard, state.heard, state.scores, ratings],
    ([heard]) => {
      text(play, heard === null ? W.play : W.stop);
      attribute(play, "aria-pressed", heard !== null);
      const rating = heard ? hearing.rating(heard) : null;
      text(now, heard === null ? W.silent : heard === 0 ? W.nowReference : W.now(heard, rating === null ? "" : W.rated(rating)));
    },
  );
  return element;
}
