// An empty library says what to type; the folder that is open is scanned at a tap, and how far it is is shown.

import { button, el, show, text } from "../dom.js";
import { rig } from "../here.js";
import { L } from "./words.js";

/** What stands below the models, or in their place; `again`: a small button for the same beside them. */
export function scanning() {
  const help = el("div.empty-library", {}, el("p", {}, L.empty), el("p", {}, el("code", {}, L.command)));
  const begin = button(".scan", "", () => rig.do("scan_open", true));
  const again = button(".again", "", () => rig.do("scan_open", true));
  const about = el("p.soft", {}, L.scanHelp);
  const bar = el("progress", { max: 1, "aria-label": L.title });
  const far = el("p", { role: "status" });
  const stop = button(".scan", L.stop, () => rig.do("scan_open", false));
  const element = el("div.scanning", {}, help, el("div.row", {}, begin, stop, bar), far, about);
  let isEmpty = false;
  const draw = () => {
    const { open = [], scan, scanned } = rig.store.state.library ?? {};
    show(help, isEmpty && !scan);
    show(about, isEmpty && !scan);
    show(begin, isEmpty && !scan && open.length > 0);
    show(again, !scan && open.length > 0);
    text(again, L.scanAgain(open));
    text(begin, L.scan(open));
    show(stop, Boolean(scan));
    show(bar, Boolean(scan?.of));
    if (scan?.of) bar.value = scan.done / scan.of;
    text(far, scan ? (scan.of ? L.scanning(scan.done, scan.of) : L.scanBegins) : ended(scanned));
    show(far, Boolean(far.textContent));
    show(element, isEmpty || Boolean(scan) || Boolean(far.textContent));
  };
  rig.store.watch(({ state }) => state.library && [state.library.open, state.library.scan, state.library.scanned], draw);
  return {
    element,
    again,
    update(is) {
      isEmpty = is;
      draw();
    },
  };
}

function ended(scanned) {
  if (!scanned) return "";
  if (scanned.error) return scanned.error;
  if (scanned.stopped) return L.stopped;
  const { problems = [] } = scanned;
  return problems.length ? `${L.scanned(scanned)} ${L.problems(problems.length)}${problems[0]}` : L.scanned(scanned);
}
