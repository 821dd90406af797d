// A against B: the wiring as a picture, full-height pads, the level of B, what was measured, and the blind test.

import { attribute, button, el, show, text } from "../dom.js";
import { does, fader, key } from "../elements/controls.js";
import { meter } from "../elements/meter.js";
import { bare, number, percent } from "../format.js";
import { rig } from "../here.js";
import { equalizer, toneGraph, toneKnobs } from "../sheets/tone.js";
import { trainingGraph } from "../sheets/training.js";
import { blindTest } from "./blind_test.js";
import { loopRange } from "./loop_range.js";
import { wiring } from "./wiring.js";
import { S } from "../strings.js";

const PADS = [
  ["a", "A", "a"],
  ["b", "B", "b"],
  ["difference", "A−B", "d"],
  ["x", "X", "x"],
];

/** What stands below the letter of a pad. */
function wordsOf(side, { sides, difference_db: difference }) {
  if (side === "x") return "";
  if (side !== "difference") return bare(sides?.[side]);
  if (typeof difference !== "number") return S.bench.difference;
  return difference > 0 ? S.bench.differenceOver(number(difference, 0)) : S.bench.differenceUnder(number(-difference, 0));
}

function pads() {
  const all = PADS.map(([side, letter, shortcut]) => {
    const name = el("span.soft");
    const pad = button(
      ".pad",
      [el("span.letter", {}, letter), name],
      () => rig.do(`hear_${side}`),
      { data: { command: `hear_${side}`, side }, "aria-keyshortcuts": shortcut },
    );
    return { side, pad, name, hear: S.cab.hear(side === "difference" ? S.bench.theDifference : letter) };
  });
  rig.store.watch(
    ({ state }) => [state.sides, state.difference_db ?? null, state.values?.hear ?? null, Boolean(state.test)],
    ([, , heard, isTest]) => {
      for (const { side, pad, name, hear } of all) {
        const words = wordsOf(side, rig.store.state);
        text(name, words);
        attribute(pad, "aria-label", words ? `${hear}: ${words}` : hear);
        attribute(pad, "aria-pressed", String(heard ?? "").toLowerCase() === side);
        if (side === "x") show(pad, isTest);
        if (side === "difference") show(pad, !isTest);
      }
    },
  );
  const element = el("section.pads", { "aria-label": S.bench.pads }, ...all.map(({ pad }) => pad));
  const keys = el("p.soft.by-keys");
  rig.store.watch(
    ({ state }) => Boolean(state.test),
    (isTest) => text(keys, isTest ? S.bench.otherBlind : S.bench.other),
  );
  return el("div.padded", {}, element, loopRange(rig), keys);
}

/** Space: whichever of A and B does not play. */
export function hearOther() {
  const heard = String(rig.store.state.values?.hear ?? "").toLowerCase();
  rig.do(heard === "a" ? "hear_b" : "hear_a");
}

const SILENT_DBFS = -140;

function noise(dbfs) {
  if (typeof dbfs !== "number") return S.bench.noNoise;
  return dbfs < SILENT_DBFS ? S.bench.noNoise : `${number(dbfs, 0)} dBFS`;
}

function measured() {
  const rows = el("ul.plain");
  const bar = el("progress", { max: 1, value: 0, "aria-label": S.bench.measuring });
  rig.frames.onPaint(() => {
    const done = rig.frames.meter("measured");
    if (done > 0 && done < 1) bar.value = done;
    else bar.removeAttribute("value"); // it computes: nobody knows how long
  });
  const asked = () => rig.store.events.findLast(({ kind }) => kind === "state")?.text ?? "";
  rig.store.watch(
    (store) => [store.state.measured ?? null, store.state.measured ? "" : asked()],
    ([found, words]) => {
      show(bar, !found);
      if (!found) {
        rows.replaceChildren(el("li.wait", {}, words || S.bench.measuring));
        return;
      }
      const isKnown = (value) => typeof value === "number";
      const polarity = found.polarity === -1 || found.polarity === "inverted" ? "inverted" : "same";
      const facts = [
        isKnown(found.match_db) && [S.bench.match(`${number(found.match_db)} dB`), true],
        isKnown(found.lag_samples) && [S.bench.lag(number(found.lag_samples)), true],
        found.polarity !== undefined && found.polarity !== null && [S.bench.polarity[polarity], polarity === "same"],
        isKnown(found.confidence) && [S.bench.confidence(percent(found.confidence)), found.confidence > 0.5],
        (isKnown(found.noise_a_dbfs) || isKnown(found.noise_b_dbfs)) && [S.bench.noise(noise(found.noise_a_dbfs), noise(found.noise_b_dbfs)), true],
        isKnown(found.round_trip_samples) && [S.bench.trip(number(found.round_trip_samples, 0)), true],
        ...(found.warnings ?? []).map((words) => [`${words[0].toUpperCase()}${words.slice(1)}.`, false]),
      ].filter(Boolean);
      rows.replaceChildren(...facts.map(([words, good]) => el(good ? "li.good" : "li.warn", {}, words)));
    },
  );
  const keys = el("div.row", {}, does("measure"), key("lock"), does("restore"));
  const card = el("section.card.first", { "aria-label": S.bench.measured }, el("h2", {}, S.bench.measured), bar, rows, keys);
  rig.store.watch(
    ({ state }) => !state.measured,
    (isMeasuring) => attribute(card, "data-on", isMeasuring),
  );
  return card;
}

/** A model in training as side A; there is nothing to see before one was offered, nor in a blind test. */
function training() {
  const card = el("section.card", { "aria-label": S.setup.training }, el("h2", {}, S.setup.training), trainingGraph());
  rig.store.watch(
    ({ state }) => Boolean(state.training),
    (isOffered) => show(card, isOffered),
  );
  return card;
}

/** Behind every model of a side: where a model plays, and nobody is tested. */
function tone() {
  const pair = [el("div", {}, fader("blend")), el("div", {}, fader("between_trim"))];
  const card = el(
    "section.card",
    { "aria-label": S.setup.tone },
    ...[el("h2", {}, S.setup.tone), el("p.soft", {}, S.bench.tone), toneGraph(), ...toneKnobs(), ...pair],
    ...[el("h2", {}, S.setup.equalizer), ...equalizer()],
  );
  rig.store.watch(
    ({ state }) => [state.wiring !== "files" && !state.test, state.pair ?? null],
    ([isThere, kind]) => {
      show(card, isThere);
      show(pair[0], kind === "blend");
      show(pair[1], kind === "row");
    },
  );
  return card;
}

export function buildSides(view) {
  const [trim, returned, output] = [el("div", {}, fader("match_trim")), meter("return", S.bench.returned), meter("output", S.output)];
  const meters = el(
    "section.card",
    { "aria-label": S.bench.levels },
    el("h2", {}, S.bench.levels),
    ...[trim, returned, output],
  );
  rig.store.watch(
    ({ state }) => [Boolean(state.wiring) && state.wiring !== "files", Boolean(state.test)],
    ([hasGear, isTest]) => {
      show(returned, hasGear);
      for (const telling of [trim, output]) show(telling, !isTest);
      show(meters, hasGear || !isTest);
    },
  );
  view.append(el("h1.unseen", {}, S.bench.sides), pads(), el("div.side", {}, wiring(), measured(), meters, training(), tone(), blindTest()));
}
