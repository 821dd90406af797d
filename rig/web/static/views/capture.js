// Making a capture, step by step: what is asked, the level of the return, how far the take is, and what the checks say.

import { attribute, button, el, newId, show, text } from "../dom.js";
import { number, percent, time } from "../format.js";
import { meter } from "../elements/meter.js";
import { does } from "../elements/controls.js";
import { rig } from "../here.js";
import { withMinus } from "../labels.js";
import { report } from "./report.js";
import { S } from "../strings.js";

const [LOWEST_DBFS, BEST_DBFS, HIGHEST_DBFS] = [-6, -4.5, -3]; // of the return, as rig itself sets it
const SIGNAL_DBFS = -70;

function steps() {
  const list = el("ol.steps", { "aria-label": S.bench.captureSteps });
  const help = el("p.lead");
  rig.store.watch(
    ({ state }) => [state.steps ?? [], state.step],
    ([all, now]) => {
      const at = all.indexOf(now);
      list.replaceChildren(
        ...all.map((name, i) =>
          el(i < at ? "li.done" : i === at ? "li.now" : "li", { "aria-current": i === at ? "step" : null }, S.bench.steps[name] ?? name),
        ),
      );
      text(help, S.bench.stepHelp[now] ?? "");
    },
  );
  return el("section.card", { "aria-label": S.bench.captureSteps }, list, wired(), help);
}

/** The ports once they are agreed to, with a dot that lights when something comes back. */
function wired() {
  const [send, back] = [el("span.name"), el("span.name")];
  const dot = el("span.dot", { role: "img", "aria-label": S.bench.silent });
  const wire = () => el("span.wire", { "aria-hidden": "true" });
  const nodes = [el("div.node", {}, send), wire(), el("div.node", {}, S.bench.gear), wire(), el("div.node", {}, back, dot)];
  const picture = el("div.wiring", {}, ...nodes);
  rig.store.watch(
    ({ state }) => [state.wiring ?? null, state.step],
    ([ports, step]) => {
      show(picture, Boolean(ports) && step !== "done");
      text(send, ports?.send ?? "");
      text(back, ports?.return ?? "");
    },
  );
  rig.frames.onPaint(() => {
    const comes = rig.frames.meter("return_peak_dbfs") > SIGNAL_DBFS;
    attribute(dot, "data-on", comes);
    attribute(dot, "aria-label", comes ? S.bench.comes : S.bench.silent);
  });
  return picture;
}

const YES_OR_NO = / *(?:\([^()]*\))? *\[([Yy])\/([Nn])\]$/;

const ABOUT_WIRING = /wired like this/;

/** Which of y and n is meant by the mark behind the question: its capital. */
function defaultOf({ text: words }) {
  const found = YES_OR_NO.exec(words);
  return found ? (found[1] === "Y" ? "y" : "n") : null;
}

const LETTERED = /(?:^|; )(\w): ([^;[]+)/g;

/** The answers of "a: again; g: go on [g]:" with their letters; none: any text is an answer. */
function answersOf({ text: words, choices, default: usual }) {
  if (choices?.length) return choices.map((choice) => [choice, S.bench.choices[choice] ?? String(choice)]);
  const found = [...words.matchAll(LETTERED)].map(([, letter, means]) => [letter, `${means[0].toUpperCase()}${means.slice(1).trim()}`]);
  return found.some(([letter]) => letter === usual) ? found : [];
}

const NUMBERED = /^\s*(\d+)\s+(\S.*)$/;

/** What a question lists by number, as [number, name]. */
function listedIn({ text: words }) {
  return words.split("\n").map((line) => NUMBERED.exec(line)).filter(Boolean).map(([, number, name]) => [number, name]);
}

/** The picture of the wiring among what was said, a line for each cable. */
function wiringOf(lines) {
  const from = lines.map((line) => line.trim()).lastIndexOf("Wiring");
  if (from < 0) return [];
  return lines.slice(from + 1).filter((line) => line.includes("->")).map(tidy);
}

/** What was said of the levels last, with what it means. */
function levelsOf(lines) {
  const line = lines.findLast((each) => each.startsWith("Levels "));
  return line ? tidy(line.replace(/^Levels\s+/, `${S.bench.levelsAre} `)) : "";
}

/** A line of the terminal without its columns, with true arrows and minus signs. */
function tidy(line) {
  return withMinus(line.trim().replace(/\s{2,}/g, " ").replaceAll("->", "→"));
}

function question() {
  const id = newId("answer");
  const words = el("label.lead", { htmlFor: id });
  const wired = el("ol.wired", { "aria-label": S.bench.wiring });
  const input = el("input", { id, type: "text", autocomplete: "off", maxLength: 1000 });
  const known = el("p.soft");
  const choices = el("div.row");
  const menu = el("select", { "aria-label": S.bench.choose });
  const send = el("button.strong", { type: "submit" }, S.send);
  const form = el("form.row", {}, input, menu, send);
  const card = el("section.card.question", { "aria-label": S.bench.question, "aria-live": "polite" }, wired, known, words, choices, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    rig.do("answer", menu.hidden ? input.value : menu.value);
  });
  rig.store.watch(
    ({ state }) => state.question ?? null,
    (asked) => {
      show(card, Boolean(asked));
      if (!asked) return;
      const said = rig.store.state.lines ?? [];
      const lines = ABOUT_WIRING.test(asked.text) ? wiringOf(said) : [];
      const answers = answersOf(asked);
      const isLettered = answers.length > 0 && !asked.choices?.length;
      const before = tidy(said.at(-1) ?? "");
      text(known, lines.length ? levelsOf(said) : isLettered || listedIn(asked).length ? "" : before);
      show(known, Boolean(known.textContent));
      wired.replaceChildren(...lines.map((each) => el("li", {}, each)));
      show(wired, lines.length > 0);
      text(words, isLettered ? before : withMinus(asked.text.replace(YES_OR_NO, "")));
      const some = answers.length > 0;
      show(form, !some);
      show(choices, some);
      input.value = asked.default ?? "";
      const listed = listedIn(asked);
      show(menu, listed.length > 0);
      show(input, listed.length === 0);
      menu.replaceChildren(...listed.map(([, name]) => el("option", { value: name }, name)));
      if (asked.default) menu.value = asked.default;
      if (listed.length) text(words, asked.text.split("\n")[0]);
      const usual = asked.default ?? defaultOf(asked);
      choices.replaceChildren(
        ...answers.map(([answer, means]) => button(answer === usual ? ".strong" : "", means, () => rig.do("answer", answer))),
      );
    },
  );
  return card;
}

const SOUNDING = new Set(["silence", "tone", "level", "take"]);

function onlyWhile(card, is) {
  rig.store.watch(
    ({ state }) => state.step,
    (step) => show(card, is(step)),
  );
}

function levels() {
  const advice = el("p.lead", { role: "status" });
  let saidAt = 0;
  rig.frames.onPaint((now) => {
    if (now - saidAt < 500) return;
    saidAt = now;
    const peak = rig.frames.meter("return_peak_dbfs");
    const isSet = rig.store.state.step === "level" || rig.store.state.step === "tone";
    if (!isSet || !Number.isFinite(peak)) text(advice, "");
    else if (peak < SIGNAL_DBFS) text(advice, S.bench.silent);
    else if (peak > HIGHEST_DBFS) text(advice, S.bench.turnDown(number(peak - BEST_DBFS, 0)));
    else if (peak < LOWEST_DBFS) text(advice, S.bench.turnUp(number(BEST_DBFS - peak, 0)));
    else text(advice, S.bench.good);
  });
  const card = el("section.card", { "aria-label": S.bench.returned }, meter("return", S.bench.returned), advice);
  onlyWhile(card, (step) => SOUNDING.has(step));
  return card;
}

function progress() {
  const fill = el("progress", { max: 1, value: 0, "aria-label": S.bench.progress });
  const words = el("p.soft");
  const card = el("section.card", { "aria-label": S.bench.progress }, el("h2", {}, S.bench.progress), fill, words);
  rig.frames.onPaint(() => {
    if (rig.store.state.step === "checks") {
      fill.removeAttribute("value"); // nobody knows how long
      text(words, "");
      return;
    }
    const done = rig.frames.meter("done");
    if (!Number.isFinite(done)) return;
    fill.value = done;
    const left = rig.frames.meter("seconds_left");
    text(words, [percent(done), Number.isFinite(left) && S.bench.left(time(left))].filter(Boolean).join(" · "));
  });
  onlyWhile(card, (step) => SOUNDING.has(step) || step === "checks");
  return card;
}

const SEVERITY = ["fail", "warn", "unknown", "ok"]; // what is to be looked at comes first

function checks() {
  const rows = el("ul.plain");
  const verdict = el("p.result", { role: "status" });
  const card = el("section.card", { "aria-label": S.bench.steps.checks }, el("h2", {}, S.bench.steps.checks), verdict, rows);
  rig.store.watch(
    ({ state }) => [state.checks ?? [], state.result ?? null],
    ([found, result]) => {
      show(card, found.length > 0 || Boolean(result));
      rows.replaceChildren(
        ...found.toSorted((a, b) => SEVERITY.indexOf(a.verdict) - SEVERITY.indexOf(b.verdict)).map((check) =>
          el(`li.${check.verdict === "ok" ? "good" : check.verdict}`, {}, el("b", {}, `${check.name}: ${S.bench.verdicts[check.verdict] ?? check.verdict}`), ` ${withMinus(check.text ?? "")}`, check.advice && check.verdict !== "ok" ? el("p.soft", {}, withMinus(check.advice)) : null),
        ),
      );
      const head = result && (result.accepted ? S.bench.accepted : S.bench.refused);
      show(verdict, Boolean(result));
      verdict.replaceChildren(...(result ? [el("b", {}, head), withMinus(result.reason ?? result.text ?? "")] : []));
    },
  );
  return card;
}

const VERDICT = /^(ok|warn|fail|unknown)\s+(.*)$/;

/** What was said; what was checked has the dot of its verdict. */
function lineOf(words) {
  const [, verdict, rest] = VERDICT.exec(words.trim()) ?? [null, null, words];
  if (!verdict) return el("p", {}, tidy(words));
  const dot = el("span.dot", { role: "img", "aria-label": S.bench.verdicts[verdict] });
  return el(`p.verdict.${verdict === "ok" ? "good" : verdict}`, {}, dot, ` ${tidy(rest)}`);
}

function said() {
  const log = el("div.events", { tabIndex: 0, role: "log", "aria-label": S.bench.said });
  rig.store.watch(
    ({ state }) => state.lines ?? [],
    (found) => {
      log.replaceChildren(...found.map(lineOf));
      log.scrollTop = log.scrollHeight;
    },
  );
  return el("section.card.said", { "aria-label": S.bench.said }, el("h2", {}, S.bench.said), log);
}

export function buildCapture(view) {
  const title = el("h1");
  rig.store.watch(
    ({ state }) => state.name ?? "",
    (name) => {
      text(title, S.bench.captureOf(name));
      attribute(title, "data-name", name);
    },
  );
  const end = rig.commands.filter(({ kind, name }) => kind === "action" && name !== "help").map(({ name }) => does(name));
  view.append(
    el("div.column", {}, title, steps(), question(), levels(), progress(), checks(), el("div.row", {}, ...end)),
    el("div.column", {}, report(), said()),
  );
}
