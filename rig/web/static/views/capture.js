// Making a capture, step by step: what is asked, the level of the return, how far the take is, and what the checks say.

import { attribute, button, el, newId, show, text } from "../dom.js";
import { number, percent, time } from "../format.js";
import { meter } from "../elements/meter.js";
import { does } from "../elements/controls.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

const BEST_DBFS = [-12, -1]; // of the return

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
  return el("section.card", { "aria-label": S.bench.captureSteps }, list, help);
}

function question() {
  const id = newId("answer");
  const words = el("label.lead", { htmlFor: id });
  const input = el("input", { id, type: "text", autocomplete: "off", maxLength: 1000 });
  const choices = el("div.row");
  const send = el("button.strong", { type: "submit" }, S.send);
  const form = el("form.row", {}, input, send);
  const card = el("section.card.question", { "aria-label": S.bench.question, "aria-live": "polite" }, words, choices, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    rig.do("answer", input.value);
  });
  rig.store.watch(
    ({ state }) => state.question ?? null,
    (asked) => {
      show(card, Boolean(asked));
      if (!asked) return;
      text(words, asked.text);
      const some = asked.choices?.length > 0;
      show(form, !some);
      show(choices, some);
      input.value = asked.default ?? "";
      choices.replaceChildren(
        ...(asked.choices ?? []).map((choice) =>
          button(choice === asked.default ? ".strong" : "", String(choice), () => rig.do("answer", String(choice))),
        ),
      );
    },
  );
  return card;
}

function levels() {
  const advice = el("p.lead", { role: "status" });
  let saidAt = 0;
  rig.frames.onPaint((now) => {
    if (now - saidAt < 500) return;
    saidAt = now;
    const peak = rig.frames.meter("return_peak_dbfs");
    const [low, high] = BEST_DBFS;
    const isSet = rig.store.state.step === "level" || rig.store.state.step === "tone";
    if (!isSet || !Number.isFinite(peak)) text(advice, "");
    else if (peak > high) text(advice, S.bench.turnDown(number(Math.ceil(peak - high) || 1, 0)));
    else if (peak < low) text(advice, S.bench.turnUp(number(Math.ceil(low - peak), 0)));
    else text(advice, S.bench.good);
  });
  return el("section.card", { "aria-label": S.bench.returned }, meter("return", S.bench.returned), advice);
}

function progress() {
  const fill = el("progress", { max: 1, value: 0, "aria-label": S.bench.progress });
  const words = el("p.soft");
  const card = el("section.card", { "aria-label": S.bench.progress }, el("h2", {}, S.bench.progress), fill, words);
  rig.frames.onPaint(() => {
    const done = rig.frames.meter("done");
    if (!Number.isFinite(done)) return;
    fill.value = done;
    const left = rig.frames.meter("seconds_left");
    text(words, [percent(done), Number.isFinite(left) && S.bench.left(time(left))].filter(Boolean).join(" · "));
  });
  return card;
}

function checks() {
  const rows = el("ul.plain");
  const verdict = el("p.lead", { role: "status" });
  const card = el("section.card", { "aria-label": S.bench.steps.checks }, el("h2", {}, S.bench.steps.checks), rows, verdict);
  rig.store.watch(
    ({ state }) => [state.checks ?? [], state.result ?? null],
    ([found, result]) => {
      show(card, found.length > 0 || Boolean(result));
      rows.replaceChildren(
        ...found.map((check) =>
          el(`li.${check.verdict === "ok" ? "good" : check.verdict}`, {}, el("b", {}, `${check.name}: ${S.bench.verdicts[check.verdict] ?? check.verdict}`), ` ${check.text ?? ""}`),
        ),
      );
      const head = result && (result.accepted ? S.bench.accepted : S.bench.refused);
      text(verdict, result ? [head, result.text, result.reason].filter(Boolean).join(". ") : "");
    },
  );
  return card;
}

function said() {
  const log = el("ol.events", { tabIndex: 0, role: "log", "aria-label": S.bench.said });
  rig.store.watch(
    ({ state }) => state.lines ?? [],
    (found) => {
      log.replaceChildren(...found.map((words) => el("li", {}, words)));
      log.scrollTop = log.scrollHeight;
    },
  );
  return el("section.card", { "aria-label": S.bench.said }, el("h2", {}, S.bench.said), log);
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
    el("div.column", {}, said()),
  );
}
