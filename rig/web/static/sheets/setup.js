// The set-up of a sound: the sum of the levels as boxes, level mode, noise, trims, quality, preset, take, health.

import { Sheet, addSheet } from "../elements/sheet.js";
import { choice, does, fader, key } from "../elements/controls.js";
import { askFor, sentence } from "../elements/ask.js";
import { attribute, button, el, show, text } from "../dom.js";
import { gateGraph } from "./gate.js";
import { equalizer, toneGraph, toneKnobs } from "./tone.js";
import { trainingGraph } from "./training.js";
import { basisOf, interfacePicker } from "./interfaces.js";
import { number, percent, time } from "../format.js";
import { rig } from "../here.js";
import { withoutOptions } from "../labels.js";
import { S } from "../strings.js";

const COMMAND_OF = { interface: "interface", model_input: "model_level" };
const LABEL_OF = { interface: S.setup.interface, model_input: S.setup.model };

function isMinus(sign) {
  return sign === "-" || sign === "−" || sign < 0;
}

function part(title, ...content) {
  return el("section.part", {}, el("h3", {}, title), ...content);
}

function sum() {
  const boxes = el("div.sum");
  const words = el("p.soft");
  const picker = interfacePicker();
  const open = (lack) => {
    if (lack === "interface") picker.toggle();
    else askFor(rig.command(COMMAND_OF[lack]));
  };
  const fill = (levels) => {
    const input = levels?.input;
    if (!input) return;
    const lacks = new Set(input.lacks ?? []);
    const lacking = (lack) =>
      button(
        ".box.lacking",
        [el("b", {}, "?"), el("span", {}, `${LABEL_OF[lack]}: ${S.setup.unknown}`), el("span", {}, S.setup.enter)],
        () => open(lack),
      );
    const known = (value, unit, label, onclick) =>
      button(".box", [el("b", {}, `${number(value)} ${unit}`), el("span", {}, label)], onclick);
    const found = [];
    if (lacks.size) {
      const { interface: own, model_input: model } = levels;
      found.push(lacks.has("interface") || !own ? lacking("interface") : known(own.dbu, "dBu", `${LABEL_OF.interface}, ${basisOf(own.basis)}`, () => open("interface")));
      found.push(el("span.sign", {}, "−"));
      found.push(lacks.has("model_input") || !model ? lacking("model_input") : known(model.dbu, "dBu", `${LABEL_OF.model_input}, ${basisOf(model.basis)}`, () => open("model_input")));
    }
    (input.terms ?? []).forEach((term, at) => {
      const sign = isMinus(term.sign) ? "−" : at || lacks.size ? "+" : "";
      if (sign) found.push(el("span.sign", {}, sign));
      found.push(known(Math.abs(term.value), term.unit, term.label, () => change(term, at)));
    });
    found.push(el("span.sign", {}, "="), el("div.box.result", {}, el("b", {}, `${number(input.gain_db)} dB`)));
    boxes.replaceChildren(...found);
    text(words, (input.missing ?? []).map((each) => sentence(withoutOptions(each))).join(" ") || S.setup.sumHelp);
    words.classList.toggle("warning", Boolean(input.missing?.length));
  };
  const change = (term, at) => {
    if (/interface|dBFS/i.test(term.label) || at === 0) picker.toggle();
    else if (/model/i.test(term.label)) askFor(rig.command("model_level"), String(term.value));
    else askFor(rig.command("knob"), String(term.value));
  };
  rig.store.watch((store) => store.state.levels, fill);
  return part(S.setup.sum, boxes, words, picker.element, fader("preamp_gain", S.setup.knob));
}

/** Why a level mode gives what it gives, without its name in front. */
function reason(words, mode) {
  return withoutOptions(words.startsWith(`${mode}: `) ? words.slice(mode.length + 2) : words);
}

function modes() {
  const row = el("div.modes", { role: "group", "aria-label": S.setup.mode });
  rig.store.watch(
    (store) => [store.state.levels?.modes, store.state.values?.level_mode, rig.command("level_mode")?.choices],
    ([found, now, choices]) => {
      if (!found || !choices) return;
      row.replaceChildren(
        ...choices.map((mode) =>
          button(
            ".mode",
            [
              el("b", {}, mode),
              el("span", {}, found[mode] ? `${number(found[mode].gain_db)} dB` : "–"),
              el("span.soft", {}, reason(found[mode]?.text ?? "", mode)),
            ],
            () => rig.do("level_mode", mode),
            { "aria-pressed": String(mode === now), data: { command: "level_mode" } },
          ),
        ),
      );
    },
  );
  return part(S.setup.mode, row);
}

function record() {
  const left = el("span.soft");
  rig.frames.onPaint(() => {
    const space = rig.frames.meter("recording_left_s");
    const seconds = rig.frames.meter("recording_s");
    const words = Number.isFinite(seconds) ? `${time(seconds)}, ${S.setup.left(time(space))}` : "";
    text(left, words);
  });
  return part(S.setup.record, el("div.row", {}, key("record"), key("record_loop"), key("loop"), left));
}

function backing() {
  const words = el("p.soft");
  rig.store.watch(
    (store) => [store.state.backing ?? null, rig.value("backing_at")],
    ([track, at]) => text(words, track ? S.setup.backingNow(track.name, time(at ?? 0), time(track.seconds)) : S.setup.noBacking),
  );
  const keys = ["backing_play", "backing_once", "backing_follow"].map((name) => key(name));
  return part(S.setup.backing, words, el("div.row", {}, does("backing"), ...keys), fader("backing_volume"));
}

function preset() {
  const number = el("span.soft");
  rig.lists.watch("presets", (items) => {
    const taken = new Set(items.map((item) => item.number));
    let next = 1;
    while (taken.has(next)) next += 1;
    text(number, S.setup.presetNumber(next));
  });
  const more = ["overwrite_preset", "rename_preset", "renumber_preset", "delete_preset", "undo_preset"];
  return part(
    S.setup.preset,
    el("div.row", {}, does("save_preset", S.setup.save), number),
    el("div.row", {}, ...more.map((name) => does(name))),
  );
}

function health() {
  const words = el("ul.plain");
  let said = 0;
  const say = () => {
    const { server, faults } = rig.store.state;
    if (!server) return;
    const median = rig.frames.meter("load_median");
    const worst = rig.frames.meter("load_worst");
    const load = Number.isFinite(median) ? S.setup.load(percent(median), percent(worst)) : S.setup.loadUnknown;
    const lost = server.xruns ?? 0;
    const found = [
      S.setup.server(server.backend, number(server.rate_hz / 1000, server.rate_hz % 1000 ? 1 : 0), server.period_frames),
      server.latency_ms ? S.setup.latency(number(server.latency_ms)) : "",
      load,
      S.setup.xruns(lost),
      faults?.overloads ? S.setup.overloads(faults.overloads) : "",
    ].filter(Boolean);
    if (found.join() !== words.dataset.said) {
      words.dataset.said = found.join();
      words.replaceChildren(...found.map((line) => el(line === S.setup.xruns(lost) && lost ? "li.warn" : "li.good", {}, line)));
    }
  };
  rig.store.watch((store) => [store.state.server, store.state.faults], say);
  rig.frames.onPaint((now) => {
    if (now - said > 1000) {
      said = now;
      say();
    }
  });
  return part(S.setup.health, words);
}

/** What plays behind the first model or beside it, and what brings the two together. */
function row() {
  const name = el("p");
  const between = el("p.soft");
  const switches = el("div.row", {}, key("first_off"), key("second_off"), key("side_by_side"));
  // In boxes: a control shows itself once it stands in the page.
  const trim = el("div", {}, fader("between_trim"));
  const knob = el("div", {}, fader("blend"));
  const rest = el("div", {}, fader("second_size"), does("no_second", S.setup.takeAway));
  const parts = [between, switches, trim, knob, rest];
  const steps = el("div.row", {}, does("previous_second", S.setup.previous), does("next_second", S.setup.next));
  rig.store.watch(
    (store) => store.state.model?.second,
    (second) => {
      for (const part of parts) show(part, Boolean(second));
      text(name, second ? (second.asked ? `${second.name} → ${second.asked}` : second.name) : S.setup.noSecond);
      if (!second) return;
      text(between, second.together);
      show(trim, !second.beside);
      show(knob, second.beside);
    },
  );
  return part(S.setup.row, name, steps, ...parts);
}

function fill(body) {
  const noise = part(
    ...[S.setup.noise, el("div.row", {}, key("gate"), key("tuner")), gateGraph()],
    ...[fader("gate_threshold"), choice("rumble")],
  );
  const size = el("div", {}, fader("size"));
  rig.store.watch(
    (store) => Boolean(store.state.model?.sizes),
    (has) => show(size, has),
  );
  const quality = part(S.setup.quality, choice("quality"), size);
  const training = part(S.setup.training, trainingGraph());
  const hint = el("p.soft");
  attribute(hint, "data-note", "midi");
  text(hint, S.setup.midiHint);
  body.append(
    ...[sum(), row(), modes(), part(S.setup.trims, fader("input_trim"), fader("output_trim"), fader("volume"))],
    ...[part(S.setup.tone, toneGraph(), ...toneKnobs()), part(S.setup.equalizer, ...equalizer())],
    ...[noise, quality, training, preset(), record(), backing(), health(), hint],
  );
}

export function addSetup() {
  addSheet(new Sheet("setup", S.sheets.setup, fill));
}
