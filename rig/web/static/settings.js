// Settings of this page in this browser: the look, and whether letters are keys.

import { rig } from "./here.js";
import { SYSTEM, putOn } from "./theme.js";
import { kept } from "./token.js";

export function setTheme(theme) {
  kept.put("theme", theme);
  rig.store.setPage({ theme });
  putOn(theme);
  rig.frames.repaint();
}

export function setKeys(keys) {
  kept.put("keys", keys ? "yes" : "no");
  rig.store.setPage({ keys });
}

/** As they were left. */
export function beginSettings() {
  setTheme(kept.get("theme", "dark"));
  setKeys(kept.get("keys", "yes") === "yes");
  SYSTEM.addEventListener("change", () => setTheme(rig.store.page.theme));
}
