// What is asked of the library: one question at a time, the newest first, and only for rows that are in sight.

import { rig } from "../here.js";

export const PAGE = 100; // rows of one answer

export class Finding {
  #pages = new Map(); // by number: items
  #wanted = [0, 0]; // the first and the last page in sight
  #isAsking = false;
  #mark = 0; // grows with each other question: an answer to an earlier one is dropped
  #apply;
  query = "";
  sort = "";
  down = false;
  like = null; // {of, name}: the neighbours of one; `of` null: of what plays
  rev = null;
  total = 0;
  all = 0;
  instead = null;
  error = "";
  isKnown = false; // whether an answer to this question has come

  /** `apply`: called when there is something else to show. */
  constructor(apply) {
    this.#apply = apply;
  }

  /** Ask something else: any of query, sort, down, like. */
  change(what) {
    Object.assign(this, what);
    this.again();
  }

  /** Ask the same anew. */
  again() {
    this.#mark += 1;
    this.#pages.clear();
    this.isKnown = false;
    this.#wanted = [0, 0];
    this.#look();
  }

  /** A row; undefined: it has not come yet. */
  row(at) {
    return this.#pages.get(Math.floor(at / PAGE))?.[at % PAGE];
  }

  /** These rows are in sight. */
  need(first, last) {
    this.#wanted = [Math.floor(first / PAGE), Math.floor(Math.max(first, last) / PAGE)];
    this.#look();
  }

  #missing() {
    if (!this.isKnown) return this.#wanted[0];
    for (let page = this.#wanted[0]; page <= this.#wanted[1]; page += 1) {
      if (!this.#pages.has(page) && page * PAGE < this.total) return page;
    }
    return null;
  }

  async #look() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    let page = this.#missing();
    while (page !== null) {
      const mark = this.#mark;
      try {
        const found = await rig.client.ask(this.#question(page));
        if (mark === this.#mark) this.#take(page, found);
      } catch (error) {
        if (mark === this.#mark) {
          this.error = error.message;
          this.isKnown = true;
          this.total = 0;
          this.#apply();
        }
      }
      page = this.#missing();
    }
    this.#isAsking = false;
  }

  #question(page) {
    const range = { from: page * PAGE, count: PAGE };
    if (this.like) return { library: "like", count: PAGE, ...(this.like.of && { of: this.like.of }) };
    return { library: "find", query: this.query, sort: this.sort, down: this.down, ...range };
  }

  #take(page, found) {
    if (found.rev !== this.rev) this.#pages.clear(); // another content: the other rows may have moved
    const { rev, total, all, instead = null } = found;
    Object.assign(this, { rev, total, all, instead, error: "", isKnown: true });
    if (this.like) this.like = { of: found.of ?? this.like.of, name: found.name };
    this.#pages.set(page, found.items);
    this.#apply();
  }
}

/** Play a model of the library by its content. */
export function play(item) {
  return rig.do("play_found", item.sha256);
}
