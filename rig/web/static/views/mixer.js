// A mix as strips: each part with its cabinet, gain, delay in ms and cm, pan, polarity; the chosen one can be changed.

import { attribute, button, el, show, text } from "../dom.js";
import { does, fader, key } from "../elements/controls.js";
import { bare, number, panOf, parted } from "../format.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

const SPEED_CM_MS = 34.3; // of sound

function strip(part, at, { chosen, soloed }) {
  const cm = part.delay_ms * SPEED_CM_MS;
  const facts = [
    `${number(part.gain_db)} dB`,
    `${number(part.delay_ms, 2)} ms = ${S.cab.distance(number(cm))}`,
    part.pan === 0 ? "" : panOf(part.pan),
    part.inverted ? "ø" : "",
  ];
  const choose = button(
    ".strip",
    [el("b", {}, `${at + 1} ${parted(part.name)[1]}`), el("span.what", {}, parted(part.name)[0]), el("span.facts", {}, facts.filter(Boolean).join(" · "))],
    () => rig.do("mix_part", at + 1),
    { "aria-pressed": String(at === chosen), "aria-label": `${S.cab.partChoose(at + 1, bare(part.name))}, ${facts.filter(Boolean).join(", ")}` },
  );
  const isSoloed = at === soloed;
  const solo = button(".solo", S.cab.soloShort, () => rig.do("mix_solo", isSoloed ? 0 : at + 1), {
    ...{ data: { command: "mix_solo" }, "aria-pressed": String(isSoloed), "aria-label": S.cab.solo(at + 1) },
  });
  return el("div.strip-of", {}, choose, solo);
}

export function mixer() {
  const strips = el("div.strips", { role: "group", "aria-label": S.cab.mix });
  const none = el("p.soft", {}, S.cab.mixNone);
  const chosen = el(
    "div.chosen",
    {},
    ...[fader("part_gain"), fader("part_delay"), fader("part_pan")],
    el("div.row", {}, key("part_invert"), does("mix_remove")),
  );
  const all = el("div.row", {}, does("mix_add"), key("mix", S.cab.mix), key("mix_align"));
  rig.store.watch(
    ({ state }) => state.mix,
    (mix) => {
      const parts = mix?.parts ?? [];
      const focused = strips.contains(document.activeElement) && document.activeElement.className;
      strips.replaceChildren(...parts.map((part, at) => strip(part, at, mix)));
      show(none, parts.length === 0);
      show(chosen, parts.length > 0 && mix.soloed === null);
      if (focused) strips.children[mix?.chosen ?? 0]?.querySelector(`.${focused}`)?.focus();
      attribute(strips, "data-count", parts.length);
    },
  );
  const title = el("h2");
  text(title, S.cab.mix);
  return el("section.card", { "aria-label": S.cab.mix }, title, none, strips, chosen, all);
}
