// What lets this browser in: the token of the address, for this tab; and the key of a sitting, which is kept.

const TOKEN = "rig.listen.token";
const KEY = "rig.listen.key";

/** The token of the address, which leaves the address bar at once; empty: there is none. */
export function token() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!found) return read(sessionStorage, TOKEN);
  history.replaceState(null, "", location.pathname + location.search);
  write(sessionStorage, TOKEN, found);
  return found;
}

/** One that somebody has typed, or an address that holds it. */
export function typed(text) {
  const found = /token=([^&\s]+)/.exec(text);
  const given = found ? decodeURIComponent(found[1]) : text.trim();
  write(sessionStorage, TOKEN, given);
  return given;
}

export function forgetToken() {
  write(sessionStorage, TOKEN, null);
}

export const key = {
  get: () => read(localStorage, KEY),
  put: (value) => write(localStorage, KEY, value),
  forget: () => write(localStorage, KEY, null),
};

// A browser that keeps nothing (private windows, blocked storage) still listens; a reload then asks for the address.
function read(storage, name) {
  try {
    return storage.getItem(name) ?? "";
  } catch {
    return "";
  }
}

function write(storage, name, value) {
  try {
    if (value === null) storage.removeItem(name);
    else storage.setItem(name, value);
  } catch {
    // not kept
  }
}
