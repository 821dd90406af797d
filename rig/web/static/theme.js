// How the page looks: dark, light, or as the system wishes.

import { forgetColours } from "./charts.js";

export const SYSTEM = matchMedia("(prefers-color-scheme: light)");

export function putOn(theme) {
  const isLight = theme === "light" || (theme === "system" && SYSTEM.matches);
  document.documentElement.dataset.theme = isLight ? "light" : "dark";
  document.querySelector('meta[name="theme-color"]').content = isLight ? "#f3f4f6" : "#0d0f12";
  forgetColours();
}
