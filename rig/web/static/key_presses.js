// What a key does here: what it does in the terminal, and a few of the page's own.

import { openSheet, sheets } from "./elements/sheet.js";
import { rig } from "./here.js";
import { belongsTo } from "./keys.js";
import { hearOther } from "./views/sides.js";

const BUTTON_KEYS = new Set(["Enter", " "]);

export function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    if (act(event)) event.preventDefault();
  });
}

function act(event) {
  const { key, target } = event;
  const { page } = rig.store;
  if ((event.ctrlKey || event.metaKey) && key === "k" && !page.locked) {
    openSheet("commands");
    return true;
  }
  if (event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return false;
  if (key === "Escape") return leave(target);
  if (belongsTo(target, key)) return false;
  if (key === " " && rig.has("hear_a") && isFree(target)) {
    hearOther();
    return true;
  }
  if (BUTTON_KEYS.has(key) && target.closest?.("button, a, summary")) return false;
  if (!page.keys) return false;
  return terminalKey(key);
}

function terminalKey(key) {
  const { page } = rig.store;
  const way = rig.keys[key];
  if (!way) return false;
  const [name, direction] = way;
  if (page.locked && name !== "mute") return true;
  if (name === "help") openSheet("commands");
  else if (name === "stage") location.hash = "stage";
  else if (name === "search_model") search("models");
  else if (name === "search_ir") search("cabinets");
  else if (name === "ir_problems" && page.view === "cabinets") rig.press(name, direction);
  else if (!rig.has(name)) return false;
  else rig.press(name, direction);
  return true;
}

/** A list is the better place to search in than a line of text. */
function search(which) {
  const field = document.querySelector("#cabinets:not([hidden]) .left input[type=search]");
  if (which === "cabinets" && field && !rig.store.page.sheet) {
    field.focus();
    return;
  }
  openSheet("sounds");
  sheets.get("sounds").show(which);
}

function leave(target) {
  if (rig.value("tuner")) {
    rig.do("tuner", false);
    return true;
  }
  target.blur?.();
  return false;
}

/** Space is free for A and B on the pads and wherever no button has the focus. */
function isFree(target) {
  return !target.closest?.("button:not(.pad), a, summary, input, select");
}
