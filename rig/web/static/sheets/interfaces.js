// Audio interfaces whose level is known, with where the number comes from; or the level as a number.

import { button, el, newId, show } from "../dom.js";
import { does } from "../elements/controls.js";
import { number } from "../format.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

/** Where a number comes from, in words. */
export function basisOf(basis) {
  return S.setup.bases[basis] ?? basis;
}

/** Level, basis, date and source of one, and what others say of it. */
function factsOf(item) {
  const others = (item.disputed ?? []).map((dbu) => number(dbu));
  const basis = item.date ? `${basisOf(item.basis)}, ${item.date}` : basisOf(item.basis);
  return [`${number(item.dbu)} dBu`, basis, others.length && S.setup.disputed(others), item.source].filter(Boolean).join(" · ");
}

export function interfacePicker() {
  const id = newId("interfaces");
  const input = el("input.search", { id, type: "search", autocomplete: "off" });
  const rows = el("div.rows.scrolls", { tabIndex: 0, role: "group", "aria-label": S.setup.interfacePick });
  const element = el(
    "div.picker",
    { hidden: true },
    el("label", { htmlFor: id }, S.setup.interfacePick),
    ...[input, rows],
    el("div.row", {}, el("span.soft", {}, S.setup.interfaceOwn), does("max_input")),
  );
  let items = [];
  const fill = () => {
    const words = input.value.toLowerCase().split(/\s+/);
    const found = items.filter((item) => words.every((word) => item.name.toLowerCase().includes(word)));
    rows.replaceChildren(
      ...found.map((item) =>
        el(
          "div.entry",
          {},
          button(
            ".entry-name",
            [
              el("span.what", {}, item.name),
              el("span.facts", {}, factsOf(item)),
            ],
            async () => {
              if (await rig.do("interface", item.name)) show(element, false);
            },
          ),
        ),
      ),
    );
  };
  input.addEventListener("input", fill);
  let isWatched = false;
  return {
    element,
    toggle() {
      show(element, element.hidden);
      if (!isWatched) {
        isWatched = true;
        rig.lists.watch("interfaces", (found) => {
          items = found;
          fill();
        });
      }
      if (!element.hidden) input.focus();
    },
  };
}
