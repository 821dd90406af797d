// The rig that this page steers: what is known of it, and how its commands are carried out.

import { Client } from "./client.js";
import { Frames } from "./frames.js";
import { keyOf, keysOf } from "./keys.js";
import { Lists } from "./lists.js";
import { Store } from "./store.js";
import { about, labelOf, spoken } from "./labels.js";
import { keepOwn } from "./token.js";

const MOST_EVENTS = 200;

export class Rig {
  #table = new Map();
  #slid = new Map(); // values that are on their way
  #asked = new Map(); // switches and choices that were pressed, and not yet answered
  keys = {};

  constructor(url) {
    this.store = new Store();
    this.frames = new Frames();
    this.client = new Client(url, deviceName());
    this.lists = new Lists(this);
    const on = (type, handle) => this.client.addEventListener(type, (event) => handle(event.detail));
    on("hello", (hello) => this.#greeted(hello));
    on("state", (state) => this.store.set({ state, rev: this.client.rev }));
    on("frame", (buffer) => this.frames.take(buffer));
    on("event", (event) => this.#heard(event));
    on("version", (hello) => this.store.set({ otherVersion: hello }));
    on("slid", (name) => {
      this.#slid.delete(name);
      this.store.set({ slid: performance.now() });
    });
    on("connection", ({ connection, sentence }) => {
      if (connection !== "open") this.frames.stop();
      this.store.set({ connection, sentence });
    });
  }

  #greeted(hello) {
    this.#table = new Map(hello.commands.map((command) => [command.name, command]));
    this.keys = keysOf(hello.view);
    this.frames.name(hello.meters);
    if (hello.device) keepOwn(hello.device.token);
    this.store.set({ hello, events: hello.events.map(understood) });
  }

  #heard(event) {
    const events = [...this.store.events, understood(event)].slice(-MOST_EVENTS);
    this.store.set({ events });
    this.onEvent?.(events.at(-1));
  }

  /** Tell whoever sits here something. */
  say(kind, text) {
    this.#heard({ n: 0, kind, text });
  }

  // ---------------------------------------------------------------- the table
  get commands() {
    return [...this.#table.values()];
  }

  command(name) {
    return this.#table.get(name);
  }

  has(name) {
    return this.#table.has(name);
  }

  /** How a switch, choice or value stands, or will in a moment; undefined: not known. */
  value(name) {
    return this.#slid.get(name) ?? this.store.state.values?.[name];
  }

  key(name) {
    return keyOf(this.keys, name);
  }

  /** Carry out; what rig refuses is told in its sentence. True: done. */
  async do(name, value, files) {
    try {
      await this.client.do(name, value, files);
      return true;
    } catch (error) {
      if (error.message) this.say("error", error.message);
      return false;
    }
  }

  /** What a key does: a switch turns over, a choice goes on, a value steps; always said as where it shall stand. */
  press(name, direction = 0) {
    const command = this.command(name);
    if (!command) return undefined;
    const value = this.#asked.has(name) ? this.#asked.get(name).value : this.value(name);
    if (command.kind === "switch") return this.#put(name, !value);
    if (command.kind === "choice") {
      const at = command.choices.indexOf(value);
      return this.#put(name, command.choices[(at + 1) % command.choices.length]);
    }
    if (command.kind === "value") return this.step(name, direction || 1);
    if (command.kind === "text" || command.danger) return this.ask(command);
    return command.numbered ? this.do(name, direction) : this.do(name);
  }

  /** Who presses twice before rig has answered means there and back. */
  async #put(name, value) {
    const asked = { value };
    this.#asked.set(name, asked);
    const isDone = await this.do(name, value);
    if (this.#asked.get(name) === asked) this.#asked.delete(name);
    return isDone;
  }

  /** One step of a value. */
  step(name, direction) {
    const { step, in_octaves: inOctaves } = this.command(name);
    const value = Number(this.value(name) ?? 0);
    this.slide(name, inOctaves ? value * (1 + step) ** direction : value + direction * (step || 1));
  }

  /** A value that moves. */
  slide(name, value) {
    const { low = -Infinity, high = Infinity, step, in_octaves: inOctaves } = this.command(name);
    const exact = inOctaves ? Number(value.toPrecision(4)) : step ? Math.round(value / step) * step : value;
    const kept = Number(Math.min(high, Math.max(low, exact)).toFixed(6));
    this.#slid.set(name, kept);
    this.client.slide(name, kept);
  }

  /** Ask for the text or the confirmation of a command; the page puts a dialog here. */
  ask(command) {
    return this.onAsk?.(command);
  }

  /** What a command is called, with its key. */
  title(name) {
    const key = this.key(name);
    return key ? `${labelOf(name)} (${key})` : labelOf(name);
  }
}

function understood(event) {
  return { ...event, about: about(event.kind), text: spoken(event.text), said: event.text };
}

function deviceName() {
  const found = /iPhone|iPad|Android|Windows|Macintosh|CrOS|Linux/.exec(navigator.userAgent);
  return found ? found[0].replace("Macintosh", "Mac") : "";
}
