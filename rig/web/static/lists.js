// The lists of rig (models, cabinets, presets ...), asked for when somebody looks, and again when they have changed.

const UNCOUNTED = new Set(["devices"]); // asked for by hand, as nothing says when they change
const OF = { ports: "input_port" }; // lists that belong to another command than those of a player

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

  /** Ask for a list that rig does not count. */
  async again(name) {
    await this.#ask(name, "again");
  }

  #refresh() {
    const { state, connection, hello } = this.#rig.store;
    if (connection !== "open" || !hello) return;
    for (const name of this.#wanted.keys()) {
      if (UNCOUNTED.has(name) || !this.#rig.has(OF[name] ?? "next_model")) continue;
      const known = this.#known.get(name);
      const rev = state.lists?.[name]; // counted from the first time on that somebody has asked for it
      if (known && known.session === hello.session && (rev === undefined || rev === known.rev)) continue;
      const mark = `${hello.session} ${rev}`;
      if (this.#asking.get(name) !== mark) this.#ask(name, mark);
    }
  }

  async #ask(name, mark) {
    this.#asking.set(name, mark);
    try {
      const { rev, files, items } = await this.#rig.client.list(name);
      this.#known.set(name, { session: this.#rig.store.hello?.session, rev, files, items });
      for (const apply of this.#wanted.get(name) ?? []) apply(items);
    } catch (error) {
      if (error.message) this.#rig.say("error", error.message);
    } finally {
      if (this.#asking.get(name) === mark) this.#asking.delete(name);
    }
  }
}
