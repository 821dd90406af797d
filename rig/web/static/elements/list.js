// A searchable list of files: folders as headings, favourites, what cannot be used with its reason. A tap plays.

import { ICONS, attribute, button, define, el, icon, newId, show, text } from "../dom.js";
import { bare } from "../format.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

const AT_ONCE = 300; // rows; the rest comes with scrolling

/** `element.setUp({list, command, search, facts, chips})`; see sounds.js and views/cabinets.js. */
class List extends HTMLElement {
  #items = [];
  #chip = "all";
  #shown = AT_ONCE;
  #playing = null;
  #rows = new Map();

  setUp({ list, search, choose, facts, chips, onItems }) {
    const id = newId("search");
    this.choose = choose;
    this.facts = facts;
    this.input = el("input.search.first", { id, type: "search", placeholder: search, autocomplete: "off", spellcheck: false });
    this.input.addEventListener("input", () => this.#fill(true));
    this.chips = el(
      "div.chips",
      { role: "group", "aria-label": search },
      ...Object.entries(chips).map(([name, { label }]) =>
        button(".chip", label, () => {
          this.#chip = name;
          this.#fill(true);
        }, { data: { chip: name }, "aria-pressed": String(name === "all") }),
      ),
    );
    this.tests = chips;
    this.folder = el("select", { "aria-label": S.folder, onchange: () => this.#fill(true) });
    this.scroller = el("div.rows.scrolls", { tabIndex: 0, role: "group", "aria-label": search });
    this.scroller.addEventListener("scroll", () => this.#more());
    this.scroller.addEventListener("keydown", (event) => this.#arrows(event));
    this.empty = el("p.empty", { role: "status" });
    this.append(
      el("label.unseen", { htmlFor: id }, search),
      el("div.find", {}, this.input, this.folder),
      ...[this.chips, this.empty, this.scroller],
    );
    rig.lists.watch(list, (items) => {
      this.#items = items;
      this.#folders();
      onItems?.(items);
      this.#fill(false);
    });
    return this;
  }

  #folders() {
    const names = [...new Set(this.#items.map((item) => item.folder ?? ""))].sort();
    const chosen = this.folder.value;
    this.folder.replaceChildren(
      el("option", { value: "*" }, S.allFolders),
      ...names.map((name) => el("option", { value: name }, name || S.topFolder)),
    );
    this.folder.value = names.includes(chosen) ? chosen : "*";
    show(this.folder, names.length > 1);
  }

  #found() {
    const words = this.input.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const folder = this.folder.value;
    return this.#items.filter((item) => {
      if (!this.tests[this.#chip].test(item)) return false;
      if (folder !== "*" && folder && item.folder !== folder) return false;
      if (folder === "" && item.folder) return false;
      const name = `${item.folder ?? ""}/${item.name ?? ""}`.toLocaleLowerCase();
      return words.every((word) => name.includes(word));
    });
  }

  #fill(fromTop) {
    if (fromTop) {
      this.#shown = AT_ONCE;
      this.scroller.scrollTop = 0;
    }
    for (const chip of this.chips.children) attribute(chip, "aria-pressed", chip.dataset.chip === this.#chip);
    const found = this.#found();
    show(this.empty, found.length === 0);
    text(this.empty, found.length ? "" : this.#items.length ? S.nothingFound : S.nothingThere);
    const rows = [];
    let folder = null;
    for (const item of found.slice(0, this.#shown)) {
      if (item.folder !== undefined && item.folder !== folder && this.#items.some((each) => each.folder !== item.folder)) {
        folder = item.folder;
        rows.push(this.#heading(folder || S.topFolder));
      }
      rows.push(this.#row(item));
    }
    const hasFocus = this.scroller.contains(document.activeElement) && document.activeElement.dataset.key;
    this.scroller.replaceChildren(...rows);
    this.left = found.length - this.#shown;
    if (hasFocus) this.#rows.get(hasFocus)?.querySelector("button")?.focus();
    this.#follow(found);
  }

  /** Bring what plays into sight, once, when it becomes another one. */
  #follow(found) {
    const at = found.findIndex((item) => item.playing);
    const key = at < 0 ? null : String(found[at].index ?? found[at].number);
    if (key === this.#playing || !this.scroller.clientHeight) return;
    if (at >= this.#shown) {
      this.#shown = at + AT_ONCE;
      this.#fill(false);
      return;
    }
    this.#playing = key;
    const row = this.#rows.get(key);
    if (!row) return;
    const [top, height] = [row.offsetTop - this.scroller.offsetTop, this.scroller.clientHeight];
    const isInSight = top >= this.scroller.scrollTop && top + row.offsetHeight <= this.scroller.scrollTop + height;
    if (!isInSight) this.scroller.scrollTop = top - height / 3;
  }

  #heading(name) {
    return el("h3.folder", {}, name);
  }

  #row(item) {
    const key = String(item.index ?? item.number);
    const known = this.#rows.get(key);
    const mark = JSON.stringify(item);
    if (known?.dataset.mark === mark) return known;
    const name = item.name ? nameOf(item) : S.cab.number(item.number);
    const facts = this.facts(item).filter(Boolean);
    const row = el(
      "div.entry",
      { data: { mark } },
      button(
        ".entry-name",
        [
          el("span.what", {}, name),
          el("span.facts", {}, item.problem ? item.problem : facts.join(" · ")),
          item.favourite ? icon(ICONS.star) : null,
        ].filter(Boolean),
        () => this.choose(item),
        {
          data: { key },
          "aria-current": item.playing ? "true" : null,
          disabled: Boolean(item.problem),
        },
      ),
    );
    if (item.favourite) row.firstChild.append(el("span.unseen", {}, S.favourite));
    if (item.problem) row.classList.add("unusable");
    if (item.kept) row.classList.add("kept");
    if (item.rejected) row.classList.add("rejected");
    this.#rows.set(key, row);
    return row;
  }

  #more() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (this.left > 0 && scrollTop + clientHeight > scrollHeight - 400) {
      this.#shown += AT_ONCE;
      this.#fill(false);
    }
  }

  #arrows(event) {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!way) return;
    const all = [...this.scroller.querySelectorAll("button:not(:disabled)")];
    const next = all[all.indexOf(document.activeElement) + way];
    if (next) {
      event.preventDefault();
      event.stopPropagation();
      next.focus();
    }
  }
}

/** What a row is called: its file, without the folder that stands above it. */
function nameOf({ name, folder }) {
  return folder && name.startsWith(`${folder}/`) ? bare(name.slice(folder.length + 1)) : bare(name);
}

define("rig-list", List);

export function list(what) {
  return document.createElement("rig-list").setUp(what);
}
