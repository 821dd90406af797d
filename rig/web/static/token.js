// The token: it comes in the fragment of the address, is kept for this tab, and leaves the address bar at once.
// A device of the LAN gets one of its own, which is kept for good, so that it can be revoked by itself.

const KEPT = "rig.token";
const OWN = "rig.device";

/** The token to say; empty: there is none. */
export function takeToken() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (found) {
    history.replaceState(null, "", location.pathname + location.search);
    put(sessionStorage, KEPT, found);
    drop(localStorage, OWN);
    return found;
  }
  return get(localStorage, OWN) || get(sessionStorage, KEPT) || "";
}

/** One that somebody has typed, or an address that holds it. */
export function typeToken(text) {
  const found = /token=([^&\s]+)/.exec(text);
  const token = found ? decodeURIComponent(found[1]) : text.trim();
  put(sessionStorage, KEPT, token);
  drop(localStorage, OWN);
  return token;
}

/** The one that this device alone has. */
export function keepOwn(token) {
  put(localStorage, OWN, token);
}

/** It was wrong: say no more of it. */
export function forgetToken() {
  drop(localStorage, OWN);
  drop(sessionStorage, KEPT);
}

/** Something of this page that is kept: a theme, a switch. */
export const kept = {
  get: (name, otherwise) => get(localStorage, `rig.${name}`) ?? otherwise,
  put: (name, value) => put(localStorage, `rig.${name}`, value),
};

// A browser that keeps nothing (private windows, blocked storage) still plays.
function get(storage, name) {
  try {
    return storage.getItem(name);
  } catch {
    return null;
  }
}

function put(storage, name, value) {
  try {
    storage.setItem(name, value);
  } catch {
    // not kept
  }
}

function drop(storage, name) {
  try {
    storage.removeItem(name);
  } catch {
    // was not kept
  }
}
