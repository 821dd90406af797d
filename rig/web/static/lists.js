// The lists of rig (models, cabinets, presets ...), asked for when somebody looks, and again when they have changed.

export class Lists {
  #rig;
  #known = new Map(); // by name: rev, files, items
  #asking = new Map(); // by name: the revision that is asked for
  #wanted = new Map(); // by name: who looks

  constructor(rig) {
    this.#rig = rig;
    rig.store.watch(
      (store) => store.state.lists,
      () => this.#refresh(),
    );
    rig.store.watch(
      (store) => store.connection === "open" && store.hello?.session,
      () => this.#refresh(),
    );
  }

  /** What is known of a list. */
  items(name) {
    return this.#known.get(name)?.items ?? [];
  }

  /** Call `apply` with the items, now and whenever they change. */
  watch(name, apply) {
    if (!this.#wanted.has(name)) this.#wanted.set(name, new Set());
    this.#wanted.get(name).add(apply);
    apply(this.items(name));
    this.#refresh();
  }

  /** A command with an index of a list: refused by rig if the list holds other files by now. */
  choose(command, name, index) {
    return this.#rig.do(command, index, this.#known.get(name)?.files);
  }

  /** Ask for a list that rig does not count (devices). */
  async again(name) {
    await this.#ask(name, -1);
  }

  #refresh() {
    const { state, connection, hello } = this.#rig.store;
    if (connection !== "open" || !state.lists) return;
    for (const name of this.#wanted.keys()) {
      const rev = state.lists[name];
      if (rev === undefined) continue;
      const mark = `${hello.session} ${rev}`;
      if (this.#known.get(name)?.mark === mark || this.#asking.get(name) === mark) continue;
      this.#asking.set(name, mark);
      this.#ask(name, mark);
    }
  }

  async #ask(name, mark) {
    try {
      const { rev, files, items } = await this.#rig.client.list(name);
      const session = this.#rig.store.hello?.session;
      this.#known.set(name, { mark: `${session} ${rev}`, files, items });
      for (const apply of this.#wanted.get(name) ?? []) apply(items);
    } catch (error) {
      if (error.message) this.#rig.say("error", error.message);
    } finally {
      if (this.#asking.get(name) === mark) this.#asking.delete(name);
    }
    this.#refresh();
  }
}
