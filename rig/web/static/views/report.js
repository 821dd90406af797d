// The finished report, as it was written, in a frame of its own that runs nothing.

import { el, show } from "../dom.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

export function report() {
  const frame = el("iframe.report", { title: S.bench.report, sandbox: "" });
  const card = el("section.card.reported", { "aria-label": S.bench.report }, el("h2", {}, S.bench.report), frame);
  rig.store.watch(
    ({ state }) => state.report ?? null,
    (address) => {
      show(card, Boolean(address));
      if (address) frame.src = address;
    },
  );
  return card;
}
