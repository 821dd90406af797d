// The library: thousands of models as a table and as a map, searched as one types, heard at a tap.

import { Sheet, addSheet } from "../elements/sheet.js";
import { ICONS, attribute, button, el, icon, newId, show, text } from "../dom.js";
import { Finding } from "../library/finding.js";
import { ModelMap } from "../library/map.js";
import { COLUMNS, Table } from "../library/table.js";
import { scanning } from "../library/scanning.js";
import { L } from "../library/words.js";
import { bare } from "../format.js";
import { rig } from "../here.js";

const AGAIN_MS = 2000; // while a scan is under way

/** What the search and the table stand at, and how they are asked to stand elsewhere. */
function searching(finding) {
  const id = newId("library");
  const input = el("input.search.first", { id, type: "search", placeholder: L.search, autocomplete: "off", spellcheck: false, maxLength: 200 });
  input.addEventListener("input", () => finding.change({ query: input.value.trim(), like: null }));
  const sort = el(
    "select",
    { "aria-label": L.sortedBy, onchange: () => finding.change({ sort: sort.value }) },
    el("option", { value: "" }, L.best),
    ...COLUMNS.map((name) => el("option", { value: name }, L.columns[name])),
  );
  const way = button(".way", "↑", () => finding.change({ down: !finding.down }));
  const update = () => {
    sort.value = finding.sort;
    text(way, finding.down ? "↓" : "↑");
    attribute(way, "aria-label", finding.down ? L.down : L.up);
    way.disabled = !finding.sort;
  };
  const order = el("div.row.order", {}, sort, way);
  return { input, label: el("label.unseen", { htmlFor: id }, L.search), order, update };
}

function fill(body, sheet) {
  let shown = "list";
  let mark = "";
  const finding = new Finding(() => update());
  const onLike = (item) => {
    choose("list");
    finding.change({ like: { of: item?.sha256 ?? null, name: item?.name ?? "" } });
  };
  const onSort = (name) => {
    if (finding.sort !== name) finding.change({ sort: name, down: false });
    else if (!finding.down) finding.change({ down: true });
    else finding.change({ sort: "", down: false });
  };
  const search = searching(finding);
  const table = new Table(finding, { onLike, onSort });
  const map = new ModelMap(onLike);
  const said = el("span", { role: "status" });
  const instead = button(".instead", "", () => {
    search.input.value = finding.instead;
    finding.change({ query: finding.instead });
  });
  const leave = button(".leave", L.leaveLike, () => finding.change({ like: null }));
  const backTo = el("span", {}, L.backShort);
  const back = button(".back", [icon(ICONS.left), backTo], () => rig.do("play_before"));
  const tabs = { list: button(".chip", L.list, () => choose("list")), map: button(".chip", L.map, () => choose("map")) };
  const tools = el(
    "div.row.ways",
    {},
    el("div.chips", { role: "group", "aria-label": L.ways }, tabs.list, tabs.map),
    button(".like-playing", L.likePlaying, () => onLike(null)),
    back,
  );
  const empty = scanning();
  const top = el("div.top", {}, search.label, search.input, tools);
  const below = el("div.row.about", {}, said, instead, leave, search.order, empty.again);
  body.append(top, below, table.element, map.element, empty.element);

  const choose = (which) => {
    shown = which;
    for (const [name, tab] of Object.entries(tabs)) attribute(tab, "aria-pressed", name === which);
    update();
    if (which !== "map") return;
    if (finding.like) finding.change({ like: null });
    map.update(finding.rev);
    map.search(finding.query);
  };
  const update = () => {
    const { isKnown, error, total, all, query, like } = finding;
    const found = like ? L.like(like.name) : query ? L.found(total, all) : L.count(total);
    text(said, error || (isKnown ? (all ? found : "") : all ? said.textContent : L.looking));
    show(instead, Boolean(isKnown && finding.instead && !like));
    text(instead, finding.instead ? L.instead(finding.instead) : "");
    show(leave, Boolean(like));
    search.update();
    const isEmpty = isKnown && !all && !error;
    for (const each of [top, below]) show(each, !isEmpty);
    show(search.order, shown === "list" && !like);
    show(table.element, shown === "list" && !isEmpty);
    show(map.element, shown === "map" && !isEmpty);
    empty.update(isEmpty);
    const now = JSON.stringify([query, finding.sort, finding.down, like?.of]);
    if (!isKnown) return;
    table.update(now !== mark);
    mark = now;
    if (shown !== "map") return;
    map.update(finding.rev);
    map.search(query);
  };
  sheet.onOpen = () => {
    finding.again();
    choose(shown);
  };
  rig.store.watch(
    ({ state, hello }) => [state.library?.playing, state.library?.asked, state.library?.before, state.library?.problems, hello?.session],
    () => {
      const before = rig.store.state.library?.before;
      show(back, Boolean(before));
      const words = before ? L.back(bare(before)) : L.backShort;
      text(backTo, words);
      for (const name of ["aria-label", "title"]) attribute(back, name, words);
      table.update();
    },
  );
  rig.store.watch(
    ({ state, connection }) => [connection === "open", state.library?.scan === null, state.library?.scanned],
    () => sheet.isOpen && finding.again(),
  );
  setInterval(() => {
    if (sheet.isOpen && rig.store.state.library?.scan && (!finding.all || finding.total < 300)) finding.again();
  }, AGAIN_MS);
  choose("list");
}

export function addLibrary() {
  addSheet(new Sheet("library", L.title, fill));
}
