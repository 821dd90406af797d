// Stage: what plays in letters of a fifth of the screen, eight presets, levels, four keys, the volume and the lock.

import { attribute, button, el, icon, ICONS, show, text } from "../dom.js";
import { fader, key } from "../elements/controls.js";
import { fitText } from "../fit.js";
import { bare } from "../format.js";
import { meter } from "../elements/meter.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

const LARGEST = 0.2; // of the screen's height, the letters of the preset
const SMALLEST = 0.05;

function playing() {
  const name = el("span.name");
  const number = el("span.number");
  const line = el("h1.playing-line", {}, number, name);
  const box = el("div.playing-box", {}, line);
  const next = el("p.next");
  const sound = el("p.sound");
  const section = el("section.playing", { "aria-label": S.playing }, box, next, sound);
  const fit = () => {
    const height = innerHeight;
    fitText(line, SMALLEST * height, LARGEST * height);
  };
  const say = ([preset, model, cabinet, presets]) => {
    const isPreset = preset?.name && preset.number !== null && preset.number !== undefined;
    text(number, isPreset ? String(preset.number) : "");
    show(number, Boolean(isPreset));
    text(name, isPreset ? preset.name : preset?.label || bare(model?.asked || model?.name) || S.noPreset);
    line.classList.toggle("changed", Boolean(preset?.changed));
    const at = isPreset && typeof preset.index === "number" ? preset.index + 1 : -1;
    const following = presets.length > 1 && at >= 0 ? presets[at % presets.length] : null;
    text(next, following ? S.next(`${following.number} ${following.name}`) : "");
    show(next, Boolean(following));
    const parts = [preset?.changed && S.changed, bare(model?.asked || model?.name), bare(cabinet?.name)];
    text(sound, parts.filter(Boolean).join(" · "));
    fit();
  };
  let presets = [];
  const select = ({ state }) => [state.preset, state.model, state.cabinet];
  rig.store.watch(select, (found) => say([...found, presets]));
  rig.lists.watch("presets", (items) => {
    presets = items;
    say([...select(rig.store), presets]);
  });
  new ResizeObserver(fit).observe(section);
  return section;
}

function levels() {
  const hint = el("p.hint");
  rig.store.watch(
    (store) => store.state.hint ?? "",
    (words) => text(hint, words),
  );
  return el(
    "section.levels",
    { "aria-label": S.setup.mode },
    ...[meter("input", S.input, true), hint, meter("output", S.output)],
  );
}

function lock() {
  const words = el("span", {}, S.lock);
  const toggle = button(".lock", [icon(ICONS.lock), words], () => rig.store.setPage({ locked: !rig.store.page.locked }));
  rig.store.watch(
    (store) => Boolean(store.page.locked),
    (locked) => {
      attribute(toggle, "aria-pressed", locked);
      text(words, locked ? S.unlock : S.lock);
      attribute(document.body, "data-locked", locked);
      const dead = document.querySelectorAll("nav.bar, #stage .playing, #stage .levels, #stage rig-tiles, #stage rig-fader");
      for (const part of [...dead, ...document.querySelectorAll("#stage .keys rig-key:not([command=mute])")]) {
        if (locked) attribute(part, "inert", "");
        else part.removeAttribute("inert");
      }
    },
  );
  return toggle;
}

export function buildStage(view) {
  const keys = el("section.keys", { "aria-label": S.sheets.commands }, ...["mute", "tuner", "bypass", "gate"].map((name) => key(name)));
  view.append(
    ...[playing(), levels(), document.createElement("rig-tiles"), keys],
    el("section.foot", { "aria-label": S.output }, fader("volume"), lock()),
  );
}
