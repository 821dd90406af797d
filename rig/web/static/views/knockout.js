// Knock-out: two cabinets at a time, without names. The one that is dropped is rejected; the next one comes in its place.

import { attribute, button, el, show, text } from "../dom.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

export const lost = []; // numbers, in the order in which they were dropped

let champion = null;
let challenger = null;

function inPlay() {
  return rig.lists.items("cabinets").filter((item) => item.number !== undefined && !item.rejected);
}

function others() {
  return inPlay().filter((item) => item.number !== champion && item.number !== challenger);
}

async function hear(number) {
  await rig.do("jump_ir", String(number));
}

/** Drop one of the two; the other one stays, and a new one challenges it. */
async function drop(number, redraw) {
  const stays = number === champion ? challenger : champion;
  const next = others()[0]?.number ?? null;
  await hear(number);
  if (!(await rig.do("reject"))) return;
  lost.push(number);
  champion = stays;
  challenger = next;
  await hear(next ?? stays);
  if (next === null) await rig.do("keep", true);
  redraw();
}

export function knockout() {
  const help = el("p.soft", {}, S.cab.knockoutHelp);
  const left = el("p", { role: "status" });
  const pads = el("div.row.big");
  const drops = el("div.row");
  const begin = button("", S.cab.knockoutStart, () => start());
  const redraw = () => {
    const playing = inPlay().find((item) => item.playing)?.number;
    const two = [champion, challenger].filter((number) => number !== null);
    pads.replaceChildren(
      ...two.map((number) =>
        button(".pad", S.cab.champion(number), () => hear(number), { "aria-pressed": String(number === playing) }),
      ),
    );
    drops.replaceChildren(
      ...(two.length === 2 ? two.map((number) => button("", S.cab.drop(number), () => drop(number, redraw))) : []),
    );
    text(left, two.length ? S.cab.knockoutLeft(two.length + others().length) : "");
  };
  const start = async () => {
    lost.length = 0;
    if (!rig.store.state.values?.blind && !(await rig.do("blind", true))) return;
    pending = true;
    choose();
  };
  let pending = false;
  const choose = () => {
    const all = inPlay();
    if (!pending || all.length < 2) return;
    pending = false;
    [champion, challenger] = all.slice(0, 2).map((item) => item.number);
    hear(champion);
    redraw();
  };
  rig.lists.watch("cabinets", () => {
    choose();
    redraw();
  });
  rig.store.watch(
    ({ state }) => Boolean(state.values?.blind),
    (blind) => {
      if (!blind) champion = challenger = null;
      show(help, !blind);
      redraw();
    },
  );
  attribute(pads, "aria-label", S.cab.knockout);
  pads.setAttribute("role", "group");
  return el("div.knockout", {}, help, begin, left, pads, drops);
}
