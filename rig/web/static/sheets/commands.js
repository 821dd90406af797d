// Every command of the table, found by words, with the control that fits it: so nothing is out of reach.

import { Sheet, addSheet } from "../elements/sheet.js";
import { fitting } from "../elements/controls.js";
import { sentence } from "../elements/ask.js";
import { el, newId, show, text } from "../dom.js";
import { rig } from "../here.js";
import { labelOf } from "../labels.js";
import { S } from "../strings.js";

function fill(body, sheet) {
  const id = newId("commands");
  const input = el("input.search.first", { id, type: "search", placeholder: S.commandSearch, autocomplete: "off" });
  const count = el("p.soft", { role: "status" });
  const table = el("div.table");
  body.append(el("label.unseen", { htmlFor: id }, S.commandSearch), input, count, table);
  let rows = [];
  const find = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const { element, all } of rows) {
      const is = words.every((word) => all.includes(word));
      show(element, is);
      found += is ? 1 : 0;
    }
    for (const group of table.children) show(group, [...group.children].some((each, at) => at && !each.hidden));
    text(count, S.commandCount(found));
  };
  input.addEventListener("input", find);
  rig.store.watch(
    (store) => store.hello?.session,
    () => {
      rows = [];
      const groups = new Map();
      for (const command of rig.commands) {
        const row = rowOf(command);
        rows.push({ element: row, all: `${labelOf(command.name)} ${command.name} ${command.text}`.toLowerCase() });
        groups.set(command.group, [...(groups.get(command.group) ?? []), row]);
      }
      table.replaceChildren(
        ...[...groups].map(([name, found]) =>
          el("section.group", {}, el("h3", {}, S.groups[name] ?? (name || S.groups[""])), ...found),
        ),
      );
      find();
    },
  );
  sheet.onOpen = () => input.select();
}

function rowOf(command) {
  const key = rig.key(command.name);
  return el(
    "div.command",
    { data: { name: command.name } },
    el("p.means", {}, sentence(command.text), key ? el("kbd", {}, key === " " ? "space" : key) : null),
    fitting(command),
  );
}

export function addCommands() {
  addSheet(new Sheet("commands", S.sheets.commands, fill));
}
