// The look of this page in this browser.

import { button, text } from "./dom.js";
import { hearing } from "./hearing.js";
import { SYSTEM, putOn } from "./theme.js";
import { kept } from "./token.js";
import { W } from "./words.js";

const NAMES = ["dark", "light", "system"];

/** A button that goes through the looks; they are kept where the page of a rig keeps its own. */
export function looks() {
  let theme = kept.get("theme", "dark");
  const key = button(".look", "", () => put(NAMES[(NAMES.indexOf(theme) + 1) % NAMES.length]));
  const put = (name) => {
    theme = NAMES.includes(name) ? name : "dark";
    kept.put("theme", theme);
    putOn(theme);
    text(key, W.look[theme]);
    hearing.store.setPage({ theme });
    hearing.repaint();
  };
  SYSTEM.addEventListener("change", () => put(theme));
  put(theme);
  return key;
}
