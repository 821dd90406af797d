// Keys: letters and digits play, the arrows move the slider of what plays, Space plays and stops.

import { hearing } from "./hearing.js";

const LETTERS = "abcdefghijkl";
const STEPS = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
const ENDS = { Home: 0, End: 100 };

export function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (act(event.key, event.target)) event.preventDefault();
  });
}

function act(key, target) {
  const { state, load } = hearing.store;
  if (!state.sound || load) return false;
  if (target.closest?.("textarea, input:not([type=range])")) {
    if (key === "Escape") target.blur();
    return false;
  }
  if (key === " ") {
    if (target.closest?.("button:not(.pad), a, summary")) return false;
    hearing.toggle();
    return true;
  }
  if (key === "Escape") {
    hearing.stop();
    return true;
  }
  const which = soundOf(key.toLowerCase());
  if (which !== null) {
    hearing.hear(which);
    return which <= state.positions;
  }
  if (target.closest?.(".loop-range")) return false; // its own thumbs move
  return move(key);
}

/** Which sound a key means, 0 the reference; null: none. */
function soundOf(key) {
  if (key === "r") return 0;
  if (/^\d$/.test(key)) return Number(key);
  const at = key.length === 1 ? LETTERS.indexOf(key) : -1;
  return at < 0 ? null : at + 1;
}

function move(key) {
  const { heard } = hearing.store;
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const all = hearing.store.state.positions + 1;
    hearing.hear(((heard ?? 0) + (key === "ArrowRight" ? 1 : all - 1)) % all);
    return true;
  }
  if (!(key in STEPS) && !(key in ENDS)) return false;
  if (!hearing.mayRate(heard)) return Boolean(heard);
  const now = hearing.rating(heard) ?? 0;
  hearing.rate(heard, key in ENDS ? ENDS[key] : Math.min(100, Math.max(0, now + STEPS[key])));
  return true;
}
