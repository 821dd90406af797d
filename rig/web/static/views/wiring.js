// The wiring as a picture: a dot lights where something arrives, and menus plug a way into another port.

import { attribute, el, newId, show, text } from "../dom.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

const WAYS = ["input", "send", "return", "output"];

/** The ports of a client two by two, for a pair of speakers. */
function pairs(names) {
  const found = [];
  for (let at = 0; at + 1 < names.length; at += 1) {
    const [client, next] = [at, at + 1].map((each) => names[each].slice(0, names[each].lastIndexOf(":")));
    if (client !== next) continue;
    found.push(`${names[at]},${names[at + 1]}`);
    at += 1;
  }
  return found;
}

/** What can be chosen, as [value, words]; what is chosen is always among it. */
function choices(way, ports) {
  const names = ports.map(({ name }) => name);
  const chosen = ports.filter(({ connected }) => connected).map(({ name }) => name);
  const values = way === "output" ? [...pairs(names), ...names] : names;
  const now = chosen.join(",");
  if (now && !values.includes(now)) values.unshift(now);
  const options = values.map((value) => [value, wordsOf(value)]);
  return { now, options: now ? options : [["", S.bench.unplugged], ...options] };
}

/** `system:playback_1 + playback_2`: the client of a pair once. */
function wordsOf(value) {
  const [first, ...others] = value.split(",");
  const client = first.slice(0, first.lastIndexOf(":") + 1);
  return [first, ...others.map((name) => (name.startsWith(client) ? name.slice(client.length) : name))].join(" + ");
}

function menu(way) {
  const id = newId("port");
  const select = el("select", { id, data: { command: `${way}_port` } });
  const element = el("div.port", {}, el("label", { htmlFor: id }, S.bench.ports[way]), select);
  select.addEventListener("change", async () => {
    if (select.value && !(await rig.do(`${way}_port`, select.value))) await rig.lists.again("ports");
  });
  const fill = (ports) => {
    show(element, ports.length > 0);
    const { now, options } = choices(way, ports);
    select.replaceChildren(...options.map(([value, words]) => el("option", { value }, words)));
    select.value = now;
  };
  rig.store.watch(
    ({ state }) => Boolean(state.test),
    (isTest) => {
      select.disabled = isTest;
    },
  );
  return { way, element, fill };
}

function menus() {
  const all = WAYS.map(menu);
  rig.lists.watch("ports", (items) => {
    for (const { way, fill } of all) fill(items.filter((each) => each.way === way));
  });
  return el("div.ports", {}, ...all.map(({ element }) => element));
}

const SIGNAL_DBFS = -70;

export function wiring() {
  const dots = new Map();
  const box = (name, ...meters) => {
    const dot = el("span.dot", { role: "img", "aria-label": S.bench.silent });
    if (meters.length) dots.set(dot, meters);
    return el("div.node", {}, el("span", {}, name), meters.length ? dot : null);
  };
  const gear = box(S.bench.gear, "return_peak_dbfs");
  const guitar = box(S.bench.guitar, "input_peak_dbfs");
  const words = el("p.soft");
  const picture = el(
    "div.wiring",
    {},
    guitar,
    ...[el("span.wire", { "aria-hidden": "true" }), box(S.bench.rig, "send_peak_dbfs"), el("span.wire", { "aria-hidden": "true" })],
    ...[gear, el("span.wire", { "aria-hidden": "true" }), box(S.bench.speakers, "output_peak_dbfs")],
  );
  rig.store.watch(
    ({ state }) => state.wiring ?? "none",
    (kind) => {
      text(words, S.bench.wirings[kind] ?? "");
      gear.classList.toggle("absent", kind === "none" || kind === "files");
      guitar.classList.toggle("absent", kind === "files");
    },
  );
  rig.frames.onPaint(() => {
    if (!picture.offsetParent) return;
    for (const [dot, meters] of dots) {
      const comes = meters.some((name) => rig.frames.meter(name) > SIGNAL_DBFS);
      attribute(dot, "data-on", comes);
      attribute(dot, "aria-label", comes ? S.bench.comes : S.bench.silent);
    }
  });
  return el("section.card", { "aria-label": S.bench.wiring }, el("h2", {}, S.bench.wiring), picture, words, menus());
}

