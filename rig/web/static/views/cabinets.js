// Cabinets: a list on the left; on the right what plays, its curve over the marked ones, and how to choose.

import { button, el, show, text } from "../dom.js";
import { choice, does, key } from "../elements/controls.js";
import { cabinetList } from "../sheets/sounds.js";
import { knockout } from "./knockout.js";
import { loopRange } from "./loop_range.js";
import { mixer } from "./mixer.js";
import { ranking } from "./ranking.js";
import { responseGraph, smallGraphs, spectrumGraph } from "./curves.js";
import { meter } from "../elements/meter.js";
import { bare, parted } from "../format.js";
import { rig } from "../here.js";
import { withMinus } from "../labels.js";
import { S } from "../strings.js";

const SWIPE_PX = 80;

function playing() {
  const name = el("h1.cab-name");
  const facts = el("p.soft");
  rig.store.watch(
    ({ state }) => [state.cabinet, state.values?.no_cabinet, state.values?.blind],
    ([cabinet, off, blind]) => {
      if (!cabinet) return;
      const [folder, file] = parted(cabinet.asked ?? cabinet.name);
      text(name, off ? S.cab.off : file ? `${file[0].toUpperCase()}${file.slice(1)}` : S.cab.none);
      const kept = cabinet.kept ? `${cabinet.kept} ${S.kept.toLowerCase()}` : "";
      const rejected = cabinet.rejected ? `${cabinet.rejected} ${S.rejected.toLowerCase()}` : "";
      const found = [off ? "" : folder, cabinet.place, cabinet.gain && withMinus(cabinet.gain), kept, rejected, cabinet.note, cabinet.progress, blind && S.cab.blind];
      text(facts, found.filter(Boolean).join(" · "));
    },
  );
  const card = el("section.card.now", { "aria-label": S.playing }, el("div", {}, name, facts), ...choosing());
  let from = null;
  card.addEventListener("pointerdown", (event) => {
    from = event.clientX;
  });
  card.addEventListener("pointerup", (event) => {
    const moved = event.clientX - (from ?? event.clientX);
    from = null;
    if (moved > SWIPE_PX) rig.do("keep", true);
    if (moved < -SWIPE_PX) rig.do("reject");
  });
  return card;
}

function part(title, ...content) {
  return el("section.card", { "aria-label": title }, el("h2", {}, title), ...content);
}

function choosing() {
  return [
    el("div.row.big", {}, does("previous_ir", S.cab.previous), key("keep"), does("reject"), does("next_ir", S.cab.next)),
    el("div.row", {}, does("undo_choice"), key("favourite"), does("note"), choice("view")),
  ];
}

function comparing() {
  const names = el("p.soft");
  rig.store.watch(
    ({ state }) => state.compare,
    (compare) => {
      const marked = ["a", "b"].filter((side) => compare?.[side]);
      const found = marked.map((side) => `${side.toUpperCase()}: ${bare(compare[side])}`);
      text(names, found.join(" · "));
    },
  );
  return part(S.cab.mark, el("div.row.big", {}, does("mark_a"), does("mark_b"), choice("compare")), names);
}

function source() {
  return part(
    S.cab.source,
    el("div.row", {}, key("loop"), key("record_loop"), key("equal_loudness"), key("no_cabinet"), key("mute")),
    loopRange(rig),
    ...[meter("input", S.input, true), meter("output", S.output)],
  );
}

function blind() {
  const begin = button("", S.cab.beginBlind, () => rig.do("blind", true), { data: { command: "blind" } });
  const reveal = button(".strong", S.cab.reveal, () => rig.do("blind", false), { data: { command: "blind" } });
  rig.store.watch(
    ({ state }) => Boolean(state.values?.blind),
    (on) => {
      show(begin, !on);
      show(reveal, on);
    },
  );
  return part(S.band.blind.toLowerCase().replace("b", "B"), el("div.row", {}, begin, reveal), knockout(), ranking());
}

function exporting() {
  return part(S.cab.export, el("p.soft", {}, S.cab.exportHelp), el("div.row", {}, does("export"), does("draw")));
}

export function buildCabinets(view) {
  const left = el("section.left", { "aria-label": S.cab.list }, cabinetList());
  const curves = el("section.card.curves", { "aria-label": S.cab.response }, responseGraph(), smallGraphs(), spectrumGraph());
  rig.store.watch(
    ({ state }) => Boolean(state.values?.blind),
    (blind) => show(curves, !blind), // there is no curve of what is heard blind
  );
  const beside = [el("div.half", {}, comparing(), source(), blind()), el("div.half", {}, mixer(), exporting())];
  const right = el("div.right", {}, playing(), curves, el("div.two", {}, ...beside));
  view.append(left, right);
}
