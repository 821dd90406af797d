// What rig says, for a moment at the edge of the screen; all of it stands in the sheet "More".

import { define, el } from "../dom.js";
import { rig } from "../here.js";

const STAY_MS = 4000;
const STAY_ERROR_MS = 9000;
const MOST = 3;

class Toasts extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "log");
    this.setAttribute("aria-live", "polite");
    rig.onEvent = (event) => this.#tell(event);
  }

  #tell({ kind, about, text: words }) {
    if (!words) return;
    const text = about ? `${about}: ${words}` : words;
    const known = [...this.children].find((each) => each.textContent === text);
    known?.remove();
    const toast = el(`p.toast.${/^[a-z_-]+$/.test(kind) ? kind : "state"}`, {}, text);
    toast.addEventListener("click", () => toast.remove());
    this.append(toast);
    while (this.children.length > MOST) this.firstChild.remove();
    setTimeout(() => toast.remove(), kind === "error" ? STAY_ERROR_MS : STAY_MS);
  }
}

define("rig-toasts", Toasts);
