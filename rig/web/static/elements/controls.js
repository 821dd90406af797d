// Controls of the command table: a key of a switch, a slider of a value, buttons of a choice, a button of an action.
// Each carries its command in `data-command`, so that holding it learns MIDI (midi_learn.js).

import { attribute, button, define, el, newId, show, text } from "../dom.js";
import { choiceOf, digitsOf, valueOf } from "../format.js";
import { squeeze } from "../fit.js";
import { rig } from "../here.js";
import { labelOf } from "../labels.js";
import { S } from "../strings.js";

/** Built once it stands in the page, and again when another table of commands has come. */
export class Control extends HTMLElement {
  #stop = [];

  get name() {
    return this.getAttribute("command");
  }

  get command() {
    return rig.command(this.name);
  }

  get label() {
    return this.getAttribute("label") ?? labelOf(this.name);
  }

  connectedCallback() {
    this.dataset.command = this.name;
    this.watch(
      (store) => store.hello?.session,
      () => {
        show(this, Boolean(this.command));
        this.replaceChildren();
        if (this.command) this.build();
      },
    );
  }

  disconnectedCallback() {
    for (const stop of this.#stop) stop();
    this.#stop = [];
  }

  watch(select, apply) {
    this.#stop.push(rig.store.watch(select, apply));
  }

  build() {}
}

/** `<rig-key command="mute">`: pressed or not. */
class Key extends Control {
  build() {
    const letters = el("span.letters", {}, this.label);
    const key = button("", [letters], () => rig.press(this.name), {
      title: `${this.command.text} ${rig.key(this.name) && `(${rig.key(this.name)})`}`.trim(),
      "aria-keyshortcuts": rig.key(this.name) || null,
    });
    this.append(key);
    new ResizeObserver(() => squeeze(letters)).observe(key);
    this.watch(
      () => Boolean(rig.value(this.name)),
      (on) => attribute(key, "aria-pressed", on),
    );
  }
}

/** `<rig-do command="next_model">`: an action, or a text that is asked for. */
class Do extends Control {
  build() {
    const { kind, danger, numbered, text: means } = this.command;
    const asks = kind === "text" || danger || numbered;
    this.append(
      button(danger ? ".danger" : "", asks ? S.ask(this.label) : this.label, () => (asks ? rig.ask(this.command) : rig.press(this.name)), {
        title: rig.key(this.name) ? `${means} (${rig.key(this.name)})` : means,
        "aria-keyshortcuts": rig.key(this.name) || null,
      }),
    );
  }
}

/** `<rig-fader command="volume">`: a slider with a button at each end. */
class Fader extends Control {
  build() {
    const { low, high, step, unit, in_octaves: inOctaves } = this.command;
    const id = newId("fader");
    // Where a range is even in octaves, the slider goes through them, from 0 to 1.
    const ends = inOctaves ? { min: 0, max: 1, step: 0.002 } : { min: low, max: high, step: step || "any" };
    const read = () => (inOctaves ? low * (high / low) ** slider.valueAsNumber : slider.valueAsNumber);
    const place = (value) => (inOctaves ? Math.log(value / low) / Math.log(high / low) : value);
    const shown = el("output", { for: id });
    const slider = el("input", {
      ...{ type: "range", id, ...ends },
      "aria-keyshortcuts": rig.key(this.name) || null,
    });
    slider.addEventListener("input", () => {
      rig.slide(this.name, read());
      say(read());
    });
    const say = (value) => {
      const words = valueOf(this.command, value);
      text(shown, words);
      attribute(slider, "aria-valuetext", unit || digitsOf(step) ? words : String(value));
    };
    const end = (sign, direction, name) =>
      button(".end", sign, () => rig.step(this.name, direction), { "aria-label": name(this.label) });
    this.append(
      el("label", { htmlFor: id }, this.label),
      shown,
      el("div.track", {}, end("−", -1, S.stepDown), slider, end("+", 1, S.stepUp)),
    );
    this.watch(
      (store) => [rig.value(this.name), store.slid],
      ([value]) => {
        if (typeof value !== "number") return;
        slider.value = place(value);
        say(value);
      },
    );
  }
}

/** `<rig-choice command="level_mode">`: one of a few, each a button. */
class Choice extends Control {
  build() {
    const { choices } = this.command;
    const buttons = choices.map((choice) =>
      button("", choiceOf(this.command, choice), () => rig.do(this.name, choice)),
    );
    const id = newId("choice");
    this.append(
      el("span.legend", { id }, this.label),
      el("div.choices", { role: "group", "aria-labelledby": id }, ...buttons),
    );
    this.watch(
      () => rig.value(this.name),
      (value) => buttons.forEach((each, at) => attribute(each, "aria-pressed", choices[at] === value)),
    );
  }
}

/** `control("rig-key", "mute", "Mute all")`. */
export function control(tag, name, label) {
  const element = document.createElement(tag);
  element.setAttribute("command", name);
  if (label) element.setAttribute("label", label);
  return element;
}

/** The control that fits a command. */
export function fitting(command) {
  const tag = { switch: "rig-key", value: "rig-fader", choice: "rig-choice" }[command.kind] ?? "rig-do";
  return control(tag, command.name);
}

export const key = (name, label) => control("rig-key", name, label);
export const fader = (name, label) => control("rig-fader", name, label);
export const choice = (name, label) => control("rig-choice", name, label);
export const does = (name, label) => control("rig-do", name, label);

define("rig-key", Key);
define("rig-do", Do);
define("rig-fader", Fader);
define("rig-choice", Choice);
