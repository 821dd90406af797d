// The page of a listening test begins: what is shown follows from where the sitting stands.

import { board } from "./board.js";
import { attribute, el, show, text } from "./dom.js";
import { ending } from "./ending.js";
import { door, nameForm, otherPage } from "./entrance.js";
import { hearing } from "./hearing.js";
import { listenToKeys } from "./keys.js";
import { looks } from "./looks.js";
import { W } from "./words.js";

const { store } = hearing;
const main = document.querySelector("main");
const band = el("div.band", { role: "status", hidden: true });
const who = el("span.who");
const said = el("p.said", { role: "alert" });
document.querySelector("header").append(band, el("div.top", {}, el("span.what", {}, W.title), who, looks()));

const parts = { door: door(), name: nameForm(), board: board(), over: ending() };
main.append(...Object.values(parts), said, otherPage());
listenToKeys();

store.watch(
  ({ state, hello, connection }) => {
    if (!hello || !state.phase || connection === "refused" || connection === "closed") return "door";
    return { name: "name", over: "over" }[state.phase] ?? "board";
  },
  (shown) => {
    for (const [name, part] of Object.entries(parts)) show(part, name === shown);
    attribute(document.body, "data-shown", shown);
    if (shown === "name") parts.name.querySelector("input").focus();
  },
);
store.watch(
  ({ state }) => [state.phase, state.number],
  ([phase]) => phase && scrollTo(0, 0),
);
store.watch(
  ({ hello, connection }) => (hello && ["lost", "ended", "connecting"].includes(connection) ? connection : ""),
  (connection) => {
    show(band, Boolean(connection));
    text(band, connection ? `${connection === "ended" ? W.ended : W.lost}. ${W.lostMeans}` : "");
  },
);
store.watch(
  ({ state }) => state.listener ?? "",
  (name) => text(who, name),
);
store.watch(
  ({ said: words, state }) => (state.phase ? words : ""),
  (words) => {
    text(said, words ?? "");
    show(said, Boolean(words));
  },
);
addEventListener("online", () => hearing.client.probe());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && hearing.client.probe());
