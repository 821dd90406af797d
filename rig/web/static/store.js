// What the page knows: one state that rig tells, and who wants to hear of which part of it.

export class Store {
  #watchers = new Set();
  #asked = false;
  state = {};
  hello = null;
  connection = "closed";
  sentence = "";
  events = []; // the newest last
  page = {}; // of this page alone: locked, theme, sheet ...

  /** Something has changed; whoever watches is told with the next picture of the screen, once. */
  set(part) {
    Object.assign(this, part);
    this.#later();
  }

  /** Something of this page alone. */
  setPage(part) {
    this.page = { ...this.page, ...part };
    this.#later();
  }

  /** Call `apply` with what `select` finds, now and whenever that becomes something else. */
  watch(select, apply) {
    const watcher = { select, apply, seen: undefined, key: undefined };
    this.#watchers.add(watcher);
    this.#look(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #later() {
    if (this.#asked) return;
    this.#asked = true;
    // Not with the screen's pictures: a page out of sight has none, and speaks to a screen reader all the same.
    queueMicrotask(() => {
      this.#asked = false;
      for (const watcher of [...this.#watchers]) this.#look(watcher);
    });
  }

  #look(watcher) {
    const found = watcher.select(this);
    if (found === watcher.seen && watcher.key !== undefined) return;
    const key = JSON.stringify(found) ?? "";
    watcher.seen = found;
    if (key === watcher.key) return;
    watcher.key = key;
    watcher.apply(found);
  }
}
