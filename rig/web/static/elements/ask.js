// A small dialog: a text or a number for a command, or "are you sure?" for one that ends or loses something.

import { button, el, newId, show, text } from "../dom.js";
import { rig } from "../here.js";
import { labelOf } from "../labels.js";
import { S } from "../strings.js";

class Ask {
  #answer = null;
  #returnTo = null;

  constructor() {
    const title = newId("ask");
    const help = newId("help");
    const input = newId("text");
    this.title = el("h2", { id: title });
    this.help = el("p", { id: help });
    this.label = el("label", { htmlFor: input });
    this.input = el("input", { id: input, type: "text", autocomplete: "off", maxLength: 1000, spellcheck: false });
    this.yes = el("button.strong", { type: "submit" });
    this.field = el("div.field", {}, this.label, this.input);
    const form = el(
      "form",
      { onsubmit: (event) => this.#end(event, true) },
      ...[this.title, this.help, this.field],
      el("div.row", {}, button("", S.cancel, (event) => this.#end(event, false)), this.yes),
    );
    this.element = el(
      "dialog.ask",
      { "aria-labelledby": title, "aria-describedby": help, oncancel: (event) => this.#end(event, false) },
      form,
    );
    this.element.addEventListener("keydown", (event) => event.stopPropagation());
  }

  /** The text, or true for yes; null: no. */
  open({ title, help = "", label = "", value = "", yes = S.send, danger = false }) {
    this.#answer?.(null);
    text(this.title, title);
    text(this.help, help);
    text(this.label, label);
    text(this.yes, yes);
    this.yes.classList.toggle("danger", danger);
    show(this.field, Boolean(label));
    show(this.help, Boolean(help));
    this.asks = Boolean(label);
    this.input.value = value;
    this.#returnTo = document.activeElement;
    if (!this.element.open) this.element.showModal();
    (label ? this.input : this.yes).focus();
    this.input.select();
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  #end(event, isYes) {
    event.preventDefault();
    this.element.close();
    this.#returnTo?.focus?.();
    const answer = this.#answer;
    this.#answer = null;
    answer?.(isYes ? (this.asks ? this.input.value : true) : null);
  }
}

let dialog = null;

/** Ask something: see `Ask.open`. */
export function ask(question) {
  if (!dialog) {
    dialog = new Ask();
    document.body.append(dialog.element);
  }
  return dialog.open(question);
}

/** Ask for what a command needs, and carry it out. */
export async function askFor(command, value = "") {
  const name = labelOf(command.name);
  if (command.kind === "text") {
    const found = await ask({ title: name, help: sentence(command.text), label: command.prompt, value });
    if (found !== null) await rig.do(command.name, found);
  } else if (command.numbered) {
    const found = await ask({ title: name, help: sentence(command.text), label: S.number });
    if (found !== null && found.trim()) await rig.do(command.name, Number(found));
  } else {
    const help = command.danger ? `${sentence(command.text)} ${S.sureText}` : sentence(command.text);
    const sure = await ask({ title: S.sure(name), help, yes: S.yes, danger: command.danger });
    if (sure) await rig.do(command.name);
  }
}

export function sentence(words) {
  return `${words[0].toUpperCase()}${words.slice(1)}.`;
}
