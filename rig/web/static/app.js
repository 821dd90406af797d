// The page begins: the frame with its views and sheets, the keys, and the connection.

import { keepAwake } from "./awake.js";
import { door } from "./door.js";
import { addBar } from "./bar.js";
import "./elements/band.js";
import "./elements/tiles.js";
import "./elements/toasts.js";
import "./elements/tuner.js";
import { askFor } from "./elements/ask.js";
import { rig } from "./here.js";
import { listenToKeys } from "./key_presses.js";
import { learnByHolding } from "./midi_learn.js";
import { beginSettings } from "./settings.js";
import { addCommands } from "./sheets/commands.js";
import { addLibrary } from "./sheets/library.js";
import { addPage } from "./sheets/page.js";
import { addSetup } from "./sheets/setup.js";
import { addSounds } from "./sheets/sounds.js";
import { beginViews } from "./views.js";

beginSettings();
rig.onAsk = (command) => askFor(command);
for (const add of [addSounds, addLibrary, addSetup, addCommands, addPage]) add();
addBar();
beginViews();
listenToKeys();
learnByHolding();
keepAwake();
door();

function inSight() {
  const isHidden = document.visibilityState === "hidden";
  rig.store.setPage({ hidden: isHidden });
  rig.client.watch(!isHidden, !isHidden && rig.store.page.view === "cabinets");
  if (!isHidden) rig.client.probe();
}
document.addEventListener("visibilitychange", inSight);
addEventListener("online", () => rig.client.probe());
addEventListener("pagehide", () => rig.client.watch(false, false));
rig.store.watch(
  (store) => [store.page.view, store.page.hidden],
  ([view, isHidden]) => rig.client.watch(!isHidden, !isHidden && view === "cabinets"),
);
