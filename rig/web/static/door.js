// Before anything else: the token, and what stands in the way of a connection, with the way out.

import { PAGE, RIG } from "/version.js";
import { button, el, newId, show, text } from "./dom.js";
import { rig } from "./here.js";
import { S } from "./strings.js";
import { forgetToken, takeToken, typeToken } from "./token.js";

export function door() {
  const element = document.querySelector(".door");
  const id = newId("token");
  const words = el("p.lead", { role: "status" }, S.connecting);
  const input = el("input", { id, type: "text", autocomplete: "off", spellcheck: false });
  const form = el(
    "form",
    {},
    el("label", { htmlFor: id }, S.tokenLabel),
    el("p.soft", {}, S.tokenHelp),
    el("div.row", {}, input, el("button.strong", { type: "submit" }, S.connect)),
  );
  const again = button(".strong", S.reload, () => location.reload());
  element.append(el("h1", {}, S.title), words, form, again);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    rig.client.open(typeToken(input.value));
  });

  const needs = () => {
    text(words, rig.store.sentence || S.needsToken);
    show(element, true);
    show(form, true);
    show(again, false);
    input.focus();
  };
  show(form, false);
  show(again, false);
  rig.store.watch(
    ({ connection, sentence, otherVersion }) => [connection, sentence, Boolean(otherVersion)],
    ([connection, , isOther]) => {
      if (isOther) {
        text(words, S.otherProtocol);
        show(element, true);
        show(form, false);
        show(again, true);
      } else if (connection === "open") {
        show(element, false);
        performance.mark("rig-shown"); // how long the first page takes is measured
      } else if (connection === "refused") {
        forgetToken();
        needs();
      }
    },
  );
  otherPage();

  addEventListener("hashchange", () => {
    if (location.hash.includes("token=")) rig.client.open(takeToken());
  });
  const token = takeToken();
  if (token) rig.client.open(token);
  else needs();
}

/** A page from another version says so, and offers to load itself again. */
function otherPage() {
  const words = el("span");
  const notice = el("div.notice", { role: "status", hidden: true }, words, button("", S.reload, () => location.reload()));
  document.querySelector(".door").after(notice);
  rig.store.watch(
    ({ hello }) => hello && [hello.page, hello.rig],
    (found) => {
      if (!found) return;
      const [page, version] = found;
      text(words, version === RIG ? S.otherFiles : S.otherPage(RIG, version));
      show(notice, page !== PAGE);
    },
  );
}
