// Models and cabinets as lists: a tap plays.

import { Sheet, addSheet } from "../elements/sheet.js";
import { does, key } from "../elements/controls.js";
import { attribute, button, el, show } from "../dom.js";
import { number, percent } from "../format.js";
import { list } from "../elements/list.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

/** What a model costs here, as far as what plays tells it. */
function costOf(macs) {
  const share = (rig.frames.meter("load_median") * macs) / rig.store.state.model?.macs;
  if (share < 0.01) return S.costLittle;
  return Number.isFinite(share) ? S.cost(percent(share)) : S.costUnknown(number(macs / 1000, 0));
}

function modelFacts(item) {
  const level = item.level === null || item.level === undefined ? "" : item.level ? S.levelKnown : S.levelUnknown;
  const cost = item.macs ? costOf(item.macs) : "";
  return [item.playing && S.playing, item.architecture, level, cost];
}

function cabinetFacts(item) {
  return [item.playing && S.playing, item.note, item.kept && S.kept, item.rejected && S.rejected];
}

const CHIPS = {
  all: { label: S.all, test: () => true },
  favourites: { label: S.favourites, test: (item) => item.favourite },
};

export const CABINET_CHIPS = {
  ...CHIPS,
  all: { label: S.all, test: (item) => !item.rejected && !item.problem },
  kept: { label: S.kept, test: (item) => item.kept },
  rejected: { label: S.rejected, test: (item) => item.rejected },
  unusable: { label: S.unusable, test: (item) => item.problem },
};

/** A cabinet by its index; while blind by the number it has. */
export function chooseCabinet(item) {
  if (item.index === undefined) return rig.do("jump_ir", String(item.number));
  return rig.lists.choose("cabinet", "cabinets", item.index);
}

export function cabinetList() {
  return list({
    ...{ list: "cabinets", search: S.searchCabinets, choose: chooseCabinet, facts: cabinetFacts },
    chips: CABINET_CHIPS,
  });
}

function fill(body, sheet) {
  const choose = (item) => rig.lists.choose("model", "models", item.index);
  const models = list({ list: "models", search: S.searchModels, choose, facts: modelFacts, chips: CHIPS });
  const cabinets = cabinetList();
  const panes = { models, cabinets };
  const tools = {
    models: el("div.row.tools", {}, does("previous_model"), does("next_model"), key("favourite_model", S.favourite)),
    cabinets: el("div.row.tools", {}, does("previous_ir"), does("next_ir"), key("favourite"), key("no_cabinet")),
  };
  const tabs = ["models", "cabinets"].map((name) => button(".chip", S[name], () => choosePane(name)));
  const choosePane = (name) => {
    ["models", "cabinets"].forEach((each, at) => {
      show(panes[each], each === name);
      show(tools[each], each === name);
      attribute(tabs[at], "aria-pressed", each === name);
    });
    panes[name].input.focus();
  };
  body.append(
    el("div.chips", { role: "group", "aria-label": S.sheets.sounds }, ...tabs),
    ...[tools.models, tools.cabinets, models, cabinets],
  );
  choosePane("models");
  sheet.show = choosePane;
}

export function addSounds() {
  addSheet(new Sheet("sounds", S.sheets.sounds, fill));
}
