// This page itself: its look, its keys, the screen that stays on, what rig has said, and the devices of the network.

import { Sheet, addSheet } from "../elements/sheet.js";
import { attribute, button, el, show, text } from "../dom.js";
import { wantAwake } from "../awake.js";
import { rig } from "../here.js";
import { S } from "../strings.js";
import { setKeys, setTheme } from "../settings.js";

const AWAKE = { lock: S.page.awakeLock, video: S.page.awakeVideo, waits: S.page.awakeWaits, not: S.page.awakeNot };

function themes() {
  const buttons = Object.entries(S.page.themes).map(([name, label]) => [name, button("", label, () => setTheme(name))]);
  rig.store.watch(
    (store) => store.page.theme,
    (theme) => buttons.forEach(([name, each]) => attribute(each, "aria-pressed", name === theme)),
  );
  return el(
    "section.part",
    {},
    el("h3", {}, S.page.theme),
    el("div.choices", { role: "group", "aria-label": S.page.theme }, ...buttons.map(([, each]) => each)),
  );
}

function switched(label, help, select, put) {
  const key = button("", label, () => put(!select(rig.store)));
  const words = el("p.soft", {}, typeof help === "string" ? help : "");
  rig.store.watch(select, (on) => attribute(key, "aria-pressed", Boolean(on)));
  if (typeof help !== "string") rig.store.watch(help, (found) => text(words, found));
  return el("section.part", {}, key, words);
}

function events() {
  const rows = el("ol.events", { tabIndex: 0, "aria-label": S.page.events });
  rig.store.watch(
    (store) => store.events.length && [store.events.length, store.events.at(-1)],
    () => {
      const found = [...rig.store.events].reverse();
      const items = found.map(({ kind, about, text: words }) =>
        el(`li.${/^[a-z_-]+$/.test(kind) ? kind : "state"}`, {}, about ? el("b", {}, `${about}: `) : null, words),
      );
      rows.replaceChildren(...(items.length ? items : [el("li", {}, S.page.noEvents)]));
    },
  );
  return el("section.part", {}, el("h3", {}, S.page.events), rows);
}

function devices(sheet) {
  const rows = el("div.rows");
  const part = el("section.part", { hidden: true }, el("h3", {}, S.page.devices), rows);
  rig.lists.watch("devices", (items) => {
    rows.replaceChildren(
      ...(items.length ? [] : [el("p.soft", {}, S.page.noDevices)]),
      ...items.map((item) => {
        const name = item.name || S.page.unnamed;
        const facts = [item.address, item.paired, item.connected && S.page.connected].filter(Boolean).join(" · ");
        const revoke = async () => {
          if (await rig.do("revoke_device", item.id)) await rig.lists.again("devices");
        };
        return el(
          "div.row",
          {},
          el("span", {}, `${name} · ${facts}`),
          button(".danger", S.page.revokeShort, revoke, { "aria-label": S.page.revoke(name) }),
        );
      }),
    );
  });
  sheet.onOpen = () => {
    const may = Boolean(rig.store.hello?.may_manage);
    show(part, may);
    if (may) rig.lists.again("devices");
  };
  return part;
}

function fill(body, sheet) {
  const version = el("p.soft");
  rig.store.watch(
    (store) => store.hello?.rig,
    (found) => text(version, found ? S.page.version(found) : ""),
  );
  const awake = (store) => AWAKE[store.page.awake] ?? S.page.awakeOff;
  body.append(
    themes(),
    switched(S.page.awake, awake, (store) => store.page.awakeWanted, wantAwake),
    switched(S.page.keys, S.page.keysHelp, (store) => store.page.keys, setKeys),
    ...[events(), devices(sheet), version],
  );
}

export function addPage() {
  addSheet(new Sheet("page", S.sheets.page, fill));
}
