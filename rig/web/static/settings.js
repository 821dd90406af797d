// Settings of this page in this browser: the look, and whether letters are keys.

import { forgetColours } from "./charts.js";
import { rig } from "./here.js";
import { kept } from "./token.js";

const LIGHT = matchMedia("(prefers-color-scheme: light)");

export function setTheme(theme) {
  kept.put("theme", theme);
  rig.store.setPage({ theme });
  const isLight = theme === "light" || (theme === "system" && LIGHT.matches);
  document.documentElement.dataset.theme = isLight ? "light" : "dark";
  document.querySelector('meta[name="theme-color"]').content = isLight ? "#f3f4f6" : "#0d0f12";
  forgetColours();
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
  LIGHT.addEventListener("change", () => setTheme(rig.store.page.theme));
}
