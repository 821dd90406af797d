// The one rig of this page: it serves the page itself.

import { Rig } from "./rig.js";

const scheme = location.protocol === "https:" ? "wss" : "ws";

export const rig = new Rig(`${scheme}://${location.host}/ws`);
