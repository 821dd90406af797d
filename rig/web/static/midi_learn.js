// Holding any control, or the right mouse button on it, lets MIDI move it; by keyboard: the key of the context menu.

import { ask } from "./elements/ask.js";
import { rig } from "./here.js";
import { labelOf } from "./labels.js";
import { S } from "./strings.js";

const HOLD_MS = 650;
const MOVE_PX = 10;

export function learnByHolding() {
  let timer = 0;
  let from = null;
  let held = false;
  const stop = () => clearTimeout(timer);
  document.addEventListener("pointerdown", (event) => {
    const control = event.target.closest?.("[data-command]");
    held = false;
    if (!control || event.button !== 0 || event.target.matches("input[type=range]")) return;
    from = [event.clientX, event.clientY];
    stop();
    timer = setTimeout(() => {
      held = true;
      learn(control);
    }, HOLD_MS);
  });
  document.addEventListener("pointermove", (event) => {
    if (from && Math.hypot(event.clientX - from[0], event.clientY - from[1]) > MOVE_PX) stop();
  });
  for (const type of ["pointerup", "pointercancel"]) document.addEventListener(type, stop);
  // What was held is not pressed as well.
  document.addEventListener(
    "click",
    (event) => {
      if (!held) return;
      held = false;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
  document.addEventListener("contextmenu", (event) => {
    const control = event.target.closest?.("[data-command]");
    if (!control) return;
    event.preventDefault();
    stop();
    learn(control);
  });
}

async function learn(control) {
  const name = control.dataset.command;
  if (!rig.has("midi_learn") || rig.store.page.locked) return;
  const sure = await ask({ title: S.midiSure(labelOf(name)), help: S.midiText, yes: S.midiDo });
  if (sure) await rig.do("midi_learn", name);
}
