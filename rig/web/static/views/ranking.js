// What was heard blind, once the names are back: a table, those that were left the longest first.

import { el, show } from "../dom.js";
import { parted } from "../format.js";
import { rig } from "../here.js";
import { S } from "../strings.js";
import { lost } from "./knockout.js";

const REVEALED = /^number (\d+): (.*?)(?: \((kept|rejected)\))?$/;

/** The cabinets of the last reveal among events: [{number, name, verdict}]. */
export function revealed(events) {
  let found = [];
  let isOpen = false;
  for (const { kind, said } of events) {
    if (kind === "blind") {
      isOpen = said.startsWith("these were");
      if (isOpen) found = [];
    } else if (kind === "more" && isOpen) {
      const match = REVEALED.exec(said);
      if (match) found.push({ number: Number(match[1]), name: match[2], verdict: match[3] ?? "" });
    } else isOpen = false;
  }
  return found;
}

function worth({ number, verdict }) {
  const dropped = lost.indexOf(number); // later is better
  const judged = { kept: 2e6, "": 1e6, rejected: 0 }[verdict];
  return judged + (dropped < 0 ? 1e5 : dropped);
}

export function ranking() {
  const rows = el("tbody");
  const head = [S.cab.rank, S.cab.name, S.folder, S.cab.verdict].map((words) => el("th", { scope: "col" }, words));
  const table = el("table", {}, el("caption", {}, S.cab.ranking), el("thead", {}, el("tr", {}, ...head)), rows);
  const wrap = el("div.wide", { hidden: true, tabIndex: 0, role: "group", "aria-label": S.cab.ranking }, table);
  const fill = () => {
    const found = revealed(rig.store.events).sort((a, b) => worth(b) - worth(a));
    const folders = new Map(rig.lists.items("cabinets").map((item) => [item.name, item.folder]));
    rows.replaceChildren(
      ...found.map(({ name, verdict }, at) =>
        el("tr", {}, el("td", {}, String(at + 1)), el("td", {}, parted(name)[1]), el("td", {}, folders.get(name) ?? ""), el("td", {}, verdict)),
      ),
    );
    show(wrap, found.length > 0 && !rig.store.state.values?.blind);
  };
  rig.store.watch(
    (store) => [store.events.length, store.events.at(-1)?.n, store.state.values?.blind, store.state.lists?.cabinets],
    fill,
  );
  return wrap;
}
