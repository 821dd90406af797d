// Which view is shown; each is built when it is first looked at.

import { el, show } from "./dom.js";
import { rig } from "./here.js";
import { S } from "./strings.js";
import { buildBench } from "./views/bench.js";
import { buildCabinets } from "./views/cabinets.js";
import { buildStage } from "./views/stage.js";

const BUILD = { stage: buildStage, cabinets: buildCabinets, bench: buildBench };
const built = new Map(); // by view: for which run of rig
let chosen = null; // by somebody, while this page is open

/** Whether a run of rig has something to show there. */
function belongs(view, run) {
  return view === "bench" ? S.viewOf[run] === "bench" : run === "play" || run === "audition";
}

export function go(view) {
  chosen = view;
  location.hash = view;
  rig.store.setPage({ view });
}

export function beginViews() {
  const named = location.hash.slice(1);
  if (named in BUILD) chosen = named;
  addEventListener("hashchange", () => {
    const view = location.hash.slice(1);
    if (view in BUILD && view !== rig.store.page.view) go(view);
  });
  rig.store.watch(
    (store) => store.hello?.session && store.hello.view,
    (run) => {
      if (!run) return;
      for (const view of built.keys()) document.getElementById(view).replaceChildren();
      built.clear();
      rig.store.setPage({ view: chosen ?? S.viewOf[run] });
      draw();
    },
  );
  rig.store.watch(
    (store) => [store.page.view, store.hello?.session],
    () => draw(),
  );
}

/** What to start for a view that this run of rig has nothing for. */
function notHere(view) {
  const starts = S.starts[view].map(([command, means]) => el("li.card", {}, el("code", {}, ...command.split(" ").flatMap((word) => [el("span", {}, word), " "])), el("p.soft", {}, means)));
  const scrolls = { tabIndex: 0, role: "group", "aria-label": S.views[view] };
  return el("div.not-here", scrolls, el("h1", {}, S.views[view]), el("p.lead", {}, S.notHere[view]), el("ul.starts", {}, ...starts));
}

function draw() {
  const { page, hello } = rig.store;
  if (!hello || !page.view) return;
  for (const name of Object.keys(BUILD)) show(document.getElementById(name), name === page.view);
  document.body.dataset.view = page.view;
  document.title = `${S.views[page.view]} · ${S.title}`;
  if (built.get(page.view) === hello.session) return;
  built.set(page.view, hello.session);
  const section = document.getElementById(page.view);
  if (belongs(page.view, hello.view)) BUILD[page.view](section, hello.view);
  else section.replaceChildren(notHere(page.view));
}
