// Eight presets as tiles; a swipe, or the arrows beside, show the next eight.

import { ICONS, attribute, button, define, el, icon, show, text } from "../dom.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

const EACH = 8;
const SWIPE_PX = 60;

class Tiles extends HTMLElement {
  #items = [];
  #page = 0;
  #from = null;
  #playing = null;

  connectedCallback() {
    if (this.firstChild) return;
    this.grid = el("div.grid", { role: "group", "aria-label": S.presets });
    this.earlier = button(".round", [icon(ICONS.left)], () => this.#turn(-1), { "aria-label": S.earlier });
    this.later = button(".round", [icon(ICONS.right)], () => this.#turn(1), { "aria-label": S.later });
    this.count = el("span", { "aria-live": "polite" });
    this.pager = el("div.pager", {}, this.earlier, this.count, this.later);
    this.none = el("p.empty", {}, S.noPresets);
    this.append(this.grid, this.pager, this.none);
    this.addEventListener("pointerdown", (event) => {
      this.#from = event.clientX;
    });
    this.addEventListener("pointerup", (event) => this.#swiped(event));
    this.addEventListener("click", (event) => this.#swallow(event), true);
    rig.lists.watch("presets", (items) => {
      this.#items = items;
      this.#fill();
    });
    rig.store.watch(
      (store) => [store.state.preset?.index ?? null, store.state.preset?.asked ?? null, store.state.preset?.changed],
      ([index]) => {
        if (index !== this.#playing && index !== null) this.#page = Math.floor(index / EACH);
        this.#playing = index;
        this.#fill();
      },
    );
  }

  #swiped(event) {
    const moved = event.clientX - (this.#from ?? event.clientX);
    this.#from = null;
    this.swiped = Math.abs(moved) > SWIPE_PX;
    if (this.swiped) this.#turn(moved < 0 ? 1 : -1);
  }

  #swallow(event) {
    if (!this.swiped) return;
    this.swiped = false;
    event.stopPropagation();
    event.preventDefault();
  }

  #turn(way) {
    const pages = Math.max(1, Math.ceil(this.#items.length / EACH));
    this.#page = (this.#page + way + pages) % pages;
    this.#fill();
  }

  #fill() {
    const pages = Math.max(1, Math.ceil(this.#items.length / EACH));
    this.#page = Math.min(this.#page, pages - 1);
    const asked = rig.store.state.preset?.asked;
    const here = this.#items.slice(this.#page * EACH, (this.#page + 1) * EACH);
    this.grid.replaceChildren(
      ...here.map((item) =>
        button(
          item.problem ? ".tile.unusable" : ".tile",
          [
            el("span.number", {}, String(item.number)),
            el("span.name", {}, item.name),
            item.problem ? el("span.why", {}, item.problem) : null,
          ].filter(Boolean),
          () => rig.lists.choose("preset_at", "presets", item.index),
          {
            disabled: Boolean(item.problem),
            "aria-pressed": String(item.index === this.#playing),
            "data-asked": item.index === asked ? "" : null,
          },
        ),
      ),
    );
    show(this.none, this.#items.length === 0);
    show(this.grid, this.#items.length > 0);
    show(this.pager, pages > 1);
    text(this.count, `${this.#page + 1} / ${pages}`);
    attribute(this, "data-count", here.length);
  }
}

define("rig-tiles", Tiles);
