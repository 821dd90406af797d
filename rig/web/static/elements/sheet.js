// A sheet over the view, below the band. One at a time; it keeps the focus, Escape closes it, the focus goes back.

import { ICONS, attribute, button, el, icon, newId, show } from "../dom.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

const FOCUSABLE = "button, input, select, textarea, a[href], summary, [tabindex='0']";

export class Sheet {
  #returnTo = null;

  /** `fill`: puts the content into a body, the first time it is opened. */
  constructor(name, title, fill) {
    const id = newId("sheet");
    this.name = name;
    this.body = el("div.body.scrolls", { tabIndex: 0, role: "group", "aria-labelledby": id });
    this.element = el(
      `section.sheet.${name}`,
      { role: "dialog", "aria-modal": "true", "aria-labelledby": id, hidden: true },
      el(
        "header",
        {},
        el("h2", { id }, title),
        button(".round", [icon(ICONS.close)], () => this.close(), { "aria-label": S.close }),
      ),
      this.body,
    );
    this.fill = fill;
    this.element.addEventListener("keydown", (event) => this.#keep(event));
  }

  get isOpen() {
    return !this.element.hidden;
  }

  open() {
    for (const other of sheets.values()) if (other !== this && other.isOpen) other.close();
    if (this.fill) {
      this.fill(this.body, this);
      this.fill = null;
    }
    this.#returnTo = document.activeElement;
    show(this.element, true);
    setBehind(true);
    this.onOpen?.();
    (this.element.querySelector("[autofocus], .first") ?? this.element.querySelector(".round")).focus();
    rig.store.setPage({ sheet: this.name });
  }

  close() {
    if (!this.isOpen) return;
    show(this.element, false);
    setBehind(false);
    rig.store.setPage({ sheet: null });
    this.onClose?.();
    this.#returnTo?.focus?.();
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  #keep(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
      return;
    }
    if (event.key !== "Tab") return;
    const all = [...this.element.querySelectorAll(FOCUSABLE)].filter((each) => each.offsetParent && !each.disabled && each.tabIndex >= 0);
    const [first, last] = [all[0], all.at(-1)];
    if (event.shiftKey && document.activeElement === first) {
      event.preventDefault();
      last.focus();
    } else if (!event.shiftKey && document.activeElement === last) {
      event.preventDefault();
      first.focus();
    }
  }
}

export const sheets = new Map();

/** Make a sheet known; buttons and keys open it by name. */
export function addSheet(sheet) {
  sheets.set(sheet.name, sheet);
  document.querySelector(".sheets").append(sheet.element);
}

export function openSheet(name) {
  if (!rig.value("tuner")) sheets.get(name)?.open();
}

export function closeSheets() {
  for (const sheet of sheets.values()) sheet.close();
}

// What lies behind a sheet is out of reach; the band never is.
function setBehind(isBehind) {
  for (const part of document.querySelectorAll("nav.bar, main")) {
    if (isBehind) attribute(part, "inert", "");
    else part.removeAttribute("inert");
  }
}
