// The models of the library as a table: thousands of rows, of which only those in sight exist.

import { attribute, button, el, show, text } from "../dom.js";
import { rig } from "../here.js";
import { play } from "./finding.js";
import { costOf } from "./cost.js";
import { L } from "./words.js";

const FACTS = ["distance", "folder", "gear", "tone", "cost", "level", "architecture"];
const BEYOND = 8; // rows above and below what is in sight
export const COLUMNS = ["name", "folder", "gear", "tone", "cost", "level", "architecture"]; // that one can sort by

/** `finding`: whose rows; `onLike`: somebody wants more like a row. */
export class Table {
  #finding;
  #onLike;
  #rows = new Map(); // by place: the element
  #at = 0; // the row that has, or had, the focus

  constructor(finding, { onLike, onSort }) {
    this.#finding = finding;
    this.#onLike = onLike;
    this.heads = new Map(COLUMNS.map((name) => [name, this.#head(name, onSort)]));
    this.distance = el("span.cell", { role: "columnheader", data: { fact: "distance" } }, L.columns.distance);
    this.space = el("div.space", { role: "presentation" });
    this.body = el("div.rows.scrolls", { role: "rowgroup", tabIndex: -1 }, this.space);
    const [name, ...others] = this.heads.values();
    const heads = [name, this.distance, ...others, el("span.cell.more", { role: "columnheader" }, el("span.unseen", {}, L.more))];
    this.element = el(
      "div.found",
      { role: "table", "aria-label": L.models },
      el("div.heads", { role: "rowgroup" }, el("div.found-row", { role: "row" }, ...heads)),
      this.body,
    );
    this.body.addEventListener("scroll", () => this.#draw());
    this.body.addEventListener("keydown", (event) => this.#keys(event));
    this.body.addEventListener("focusin", (event) => this.#focused(event));
    new ResizeObserver(() => this.#draw()).observe(this.body);
  }

  #head(name, onSort) {
    return el("span.cell", { role: "columnheader", data: { column: name } }, button(".sort", L.columns[name], () => onSort(name), { title: L.sortBy(L.columns[name]) }));
  }

  /** There is something else to show. `fromTop`: it is the answer to another question. */
  update(fromTop = false) {
    const { total, sort, down, like } = this.#finding;
    if (fromTop) {
      this.#at = 0;
      this.body.scrollTop = 0;
    }
    this.#at = Math.max(0, Math.min(this.#at, total - 1));
    attribute(this.element, "aria-rowcount", total + 1);
    attribute(this.element, "data-like", Boolean(like));
    for (const [name, head] of this.heads) {
      attribute(head, "aria-sort", name !== sort || like ? "none" : down ? "descending" : "ascending");
      head.firstChild.disabled = Boolean(like);
    }
    this.#draw();
  }

  get #height() {
    return Number.parseFloat(getComputedStyle(this.element).getPropertyValue("--row")) || 64;
  }

  #draw() {
    const { total } = this.#finding;
    const height = this.#height;
    this.space.style.height = `${total * height}px`;
    if (!this.body.clientHeight) return;
    const first = Math.floor(this.body.scrollTop / height);
    const last = Math.min(total - 1, Math.ceil((this.body.scrollTop + this.body.clientHeight) / height));
    if (total) this.#finding.need(first, last);
    const from = Math.max(0, first - BEYOND);
    const to = Math.min(total - 1, last + BEYOND);
    const hasFocus = this.body.contains(document.activeElement) ? this.#at : -1;
    for (const [at, row] of this.#rows) {
      if ((at < from || at > to) && (at !== hasFocus || at >= total)) {
        row.remove();
        this.#rows.delete(at);
      }
    }
    for (let at = from; at <= to; at += 1) this.#put(at, height);
    if (hasFocus >= 0 && hasFocus < total) this.#put(hasFocus, height);
    this.#rove();
  }

  /** Make a row, or bring it up to date. */
  #put(at, height) {
    let row = this.#rows.get(at);
    if (!row) {
      row = emptyRow();
      row.addEventListener("click", (event) => this.#clicked(event, row));
      this.#rows.set(at, row);
      const after = [...this.#rows.keys()].filter((each) => each > at).sort((a, b) => a - b)[0];
      this.space.insertBefore(row, this.#rows.get(after) ?? null); // read in their order
    }
    row.style.transform = `translateY(${at * height}px)`;
    attribute(row, "aria-rowindex", at + 2);
    row.dataset.at = at;
    row.item = this.#finding.row(at);
    fillRow(row);
  }

  #clicked(event, row) {
    if (!row.item) return;
    this.#at = Number(row.dataset.at);
    if (event.target.closest("button.like")) this.#onLike(row.item);
    else play(row.item);
  }

  // ---------------------------------------------------------------- by keyboard
  #focused(event) {
    const row = event.target.closest?.(".found-row");
    if (!row) return;
    this.#at = Number(row.dataset.at);
    this.#rove();
  }

  /** Tab finds one row: the one that had the focus last. */
  #rove() {
    const stop = this.#rows.has(this.#at) ? this.#at : Math.min(...this.#rows.keys());
    for (const [at, row] of this.#rows) {
      for (const each of row.querySelectorAll("button")) each.tabIndex = at === stop ? 0 : -1;
    }
  }

  /** Put the focus on a row, wherever it is. */
  focus(at = this.#at, what = "what") {
    const height = this.#height;
    const { clientHeight, scrollTop } = this.body;
    this.#at = Math.max(0, Math.min(at, this.#finding.total - 1));
    const top = this.#at * height;
    if (top < scrollTop) this.body.scrollTop = top;
    if (top + height > scrollTop + clientHeight) this.body.scrollTop = top + height - clientHeight;
    this.#put(this.#at, height);
    this.#rows.get(this.#at).querySelector(`button.${what}`).focus({ preventScroll: true });
    this.#draw();
  }

  #keys(event) {
    const { total } = this.#finding;
    const page = Math.max(1, Math.floor(this.body.clientHeight / this.#height) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -total, End: total };
    const sides = { ArrowRight: "like", ArrowLeft: "what" };
    if (!total || !(event.key in steps || event.key in sides)) return;
    event.preventDefault();
    event.stopPropagation();
    const isLike = document.activeElement.matches("button.like");
    this.focus(this.#at + (steps[event.key] ?? 0), sides[event.key] ?? (isLike ? "like" : "what"));
  }
}

function emptyRow() {
  const cell = (fact) => el("span.cell", { role: "cell", data: { fact } });
  const cells = ["said", ...FACTS].map(cell);
  return el(
    "div.found-row",
    { role: "row" },
    el("span.cell.name", { role: "cell" }, button(".what", "")),
    el("span.facts", { role: "presentation" }, ...cells),
    el("span.cell.more", { role: "cell" }, button(".like", "≈")),
  );
}

/** What a cell reads. */
function words(name, item) {
  if (name === "folder") return item.folder;
  if (name === "gear") return item.gear ?? "";
  if (name === "tone") return (item.tone ?? "").replaceAll("_", " ");
  if (name === "architecture") return [item.architecture, item.cabinet && L.cabinet].filter(Boolean).join(", ");
  if (name === "cost") return costOf(item.macs);
  if (name === "level") return item.level_dbu === null ? L.levelUnknown : L.levelKnown(item.level_dbu);
  return item.distance === undefined || item.distance === null ? "" : item.distance.toFixed(3);
}

function fillRow(row) {
  const { item } = row;
  const { playing, asked, problems = {} } = rig.store.state.library ?? {};
  const what = row.querySelector("button.what");
  const like = row.querySelector("button.like");
  row.classList.toggle("coming", !item);
  // Not disabled: End and Page Down lead to rows that have not come, and nothing disabled takes the focus.
  for (const each of [what, like]) attribute(each, "aria-disabled", !item);
  if (!item) {
    text(what, "…");
    attribute(like, "aria-label", L.more);
    for (const each of [what, like]) each.removeAttribute("title");
    what.removeAttribute("aria-current");
    for (const cell of row.querySelectorAll(".facts .cell")) text(cell, "");
    row.classList.remove("unusable");
    return;
  }
  const problem = problems[item.sha256];
  const isAsked = asked === item.sha256;
  text(what, item.name);
  attribute(what, "title", [item.file, item.by && L.by(item.by), item.copies && L.copies(item.copies)].filter(Boolean).join(" · "));
  attribute(like, "aria-label", L.likeIt(item.name));
  attribute(like, "title", L.likeIt(item.name));
  if (item.sha256 === playing) attribute(what, "aria-current", "true");
  else what.removeAttribute("aria-current");
  row.classList.toggle("unusable", Boolean(problem));
  const said = problem ?? (isAsked ? L.asked : "");
  for (const cell of row.querySelectorAll(".facts .cell")) {
    const name = cell.dataset.fact;
    text(cell, name === "said" ? said : words(name, item));
    show(cell, (name === "said") === Boolean(said));
    if (name === "level") attribute(cell, "data-known", item.level_dbu !== null);
  }
}
