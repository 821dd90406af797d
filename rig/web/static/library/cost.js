// What a model costs here: as far as what plays tells it.

import { rig } from "../here.js";
import { L } from "./words.js";

/** The share of the time that a model takes, by its operations a sample. */
export function costOf(macs) {
  const share = (rig.frames.meter("load_median") * macs) / rig.store.state.model?.macs;
  return Number.isFinite(share) ? L.share(share) : L.operations(macs);
}
