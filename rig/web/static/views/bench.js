// Bench: against your gear (ab), making a capture, or models against a capture, whichever rig was started for.

import { buildCapture } from "./capture.js";
import { buildCompare } from "./compare.js";
import { buildSides } from "./sides.js";

export function buildBench(view, which) {
  view.dataset.bench = which;
  if (which === "ab") buildSides(view);
  else if (which === "capture") buildCapture(view);
  else buildCompare(view);
}
