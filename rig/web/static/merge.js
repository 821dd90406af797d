// JSON merge patches (RFC 7396), and when one may be applied.

/** What `target` becomes by `patch`. Neither of them is changed: what has not changed stays the same object. */
export function merge(target, patch) {
  if (!isObject(patch)) return patch;
  const merged = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

/** The state as rig tells it: all of it once, then patches without a gap. */
export class Revisions {
  state = null;
  rev = -1;

  /** All of it. */
  whole(state, rev) {
    this.state = state;
    this.rev = rev;
  }

  /** One patch; false: one before it is missing, so all of it has to be asked for. One that is known is passed over. */
  patch(patch, rev) {
    if (this.state === null) return false;
    if (rev <= this.rev) return true;
    if (rev !== this.rev + 1) return false;
    this.state = merge(this.state, patch);
    this.rev = rev;
    return true;
  }
}

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
