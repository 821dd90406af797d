// Before the first sound: the token, if there is none; then the name.

import { PAGE } from "/version.js";
import { button, el, newId, show, text } from "./dom.js";
import { hearing } from "./hearing.js";
import { forgetToken, key, token, typed } from "./pass.js";
import { W } from "./words.js";

/** Where the token or the address is asked for, and what stands in the way of a connection. */
export function door() {
  const id = newId("token");
  const words = el("p.lead", { role: "status" }, W.connecting);
  const input = el("input", { id, type: "text", autocomplete: "off", spellcheck: false });
  const form = el("form", {}, el("label", { htmlFor: id }, W.tokenLabel), el("div.row", {}, input, el("button.strong", { type: "submit" }, W.connect)));
  const element = el("section.door", {}, el("h1", {}, W.title), words, form);
  let isByKey = false;
  const needs = (sentence) => {
    text(words, sentence || W.needsToken);
    show(form, true);
    input.focus();
  };
  const enter = () => {
    show(form, false);
    isByKey = Boolean(key.get());
    const given = key.get() || token();
    if (given) hearing.client.open(given);
    else needs("");
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    hearing.client.open(typed(input.value));
  });
  hearing.store.watch(
    ({ connection, sentence }) => [connection, sentence],
    ([connection, sentence]) => {
      if (connection !== "refused") return;
      if (isByKey && /token/.test(sentence)) {
        key.forget(); // of another test: the token of the address may be one of this
        isByKey = false;
        enter();
        return;
      }
      if (/token/.test(sentence)) forgetToken();
      needs(sentence);
    },
  );
  addEventListener("hashchange", () => location.hash.includes("token=") && token() && enter());
  token(); // it leaves the address bar at once
  enter();
  return element;
}

/** Who listens, and what he is told before he begins. */
export function nameForm() {
  const id = newId("name");
  const input = el("input", { id, type: "text", autocomplete: "nickname", maxLength: 40, required: true });
  const begin = el("button.strong", { type: "submit" }, W.begin);
  const form = el(
    "form.field",
    {},
    el("label", { htmlFor: id }, W.nameLabel),
    el("div.row", {}, input, begin),
    el("p.soft", {}, W.nameHelp),
  );
  const told = el("ul.told");
  hearing.store.watch(
    ({ hello }) => hello && [hello.question, hello.instructions],
    (found) => found && told.replaceChildren(...[...found, ...W.before].map((each) => el("li", {}, each))),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    begin.disabled = true;
    hearing.say("");
    await hearing.sit(input.value);
    begin.disabled = false;
  });
  return el("section.name", {}, el("h1", {}, W.title), told, form);
}

/** A page that was loaded from another rig says so. */
export function otherPage() {
  const notice = el("div.notice", { role: "status", hidden: true }, W.otherFiles, button("", W.reload, () => location.reload()));
  hearing.store.watch(
    ({ hello }) => hello?.page,
    (page) => show(notice, Boolean(page) && page !== PAGE),
  );
  return notice;
}
