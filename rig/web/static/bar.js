// The bar: three views and five sheets.

import { ICONS, attribute, button, el, icon, show } from "./dom.js";
import { openSheet } from "./elements/sheet.js";
import { rig } from "./here.js";
import { S } from "./strings.js";
import { go } from "./views.js";

function entry(name, label, onclick) {
  return button(".entry", [icon(ICONS[name]), el("span", {}, label)], onclick, { data: { name } });
}

export function addBar() {
  const views = Object.entries(S.views).map(([name, label]) => [name, entry(name, label, () => go(name))]);
  const tools = ["sounds", "library", "setup", "commands", "page"].map((name) => [name, entry(name, S.inBar[name], () => openSheet(name))]);
  document.querySelector(".bar").append(
    el("div.views", {}, ...views.map(([, each]) => each)),
    el("div.tools", {}, ...tools.map(([, each]) => each)),
  );
  rig.store.watch(
    (store) => store.page.view,
    (view) => views.forEach(([name, each]) => attribute(each, "aria-current", name === view ? "page" : "false")),
  );
  rig.store.watch(
    (store) => store.hello?.session && [store.hello.view, store.hello.library],
    () => {
      for (const [name, each] of tools) {
        show(each, name === "library" ? rig.store.hello?.library : !["sounds", "setup"].includes(name) || rig.has("next_model"));
      }
    },
  );
}
