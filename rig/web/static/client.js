// The connection to rig: token first, then state by revisions, commands by ids, and frames of meters.
// It knows nothing of the page. What it hears it tells as events: hello, state, event, frame, connection, bye.

import { Revisions } from "./merge.js";

export const PROTOCOL = 1;
const AGAIN_MS = [50, 150, 300, 500]; // before the next attempt to connect
const SILENCE_MS = 3000; // without any frame of meters: the network is gone, though nobody has said so
const PROBE_MS = 2000; // for an answer after the page has come back to sight
const SLIDE_MS = 34; // between two values of one slider
const FINAL = new Set([4401, 4403, 4409]); // refused: no attempt by itself

/** What rig has answered with an error, or why it could not be asked. */
export class Refused extends Error {}

export class Client extends EventTarget {
  #url;
  #socket = null;
  #token = "";
  #name;
  #id = 0;
  #waiting = new Map(); // by id: message, resolve, reject, sent
  #sliding = new Map(); // by command: the newest value that waits, and whether one is on its way
  #revisions = new Revisions();
  #session = null;
  #attempts = 0;
  #timer = 0;
  #guard = 0;
  #heardAt = 0;
  #watching = { meters: false, spectra: false };
  #isOver = false;
  #isGreeted = false; // rig has said hello: from then on everything may be said
  connection = "closed"; // closed, connecting, open, lost, refused, ended
  sentence = "";
  hello = null;

  /** `url`: of the websocket. `name`: what a list of devices calls this one. */
  constructor(url, name = "") {
    super();
    this.#url = url;
    this.#name = name;
    this.client = drawn(); // of this page, until it is loaded again: so ids only grow
  }

  get state() {
    return this.#revisions.state;
  }

  get rev() {
    return this.#revisions.rev;
  }

  // ---------------------------------------------------------------- connecting
  /** Connect with a token, and stay connected. */
  open(token) {
    this.#token = token;
    this.#isOver = false;
    this.#attempts = 0;
    this.#connect();
  }

  /** The page goes away. */
  close() {
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearInterval(this.#guard);
    this.#socket?.close();
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#drop();
    if (this.connection !== "lost") this.#become("connecting");
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#isGreeted = false;
    const mine = (handle) => (event) => {
      if (socket === this.#socket) handle(event);
    };
    socket.addEventListener(
      "open",
      mine(() => {
        this.#heardAt = performance.now();
        this.#say({ token: this.#token, client: this.client, protocol: PROTOCOL, ...(this.#name && { name: this.#name }) });
      }),
    );
    socket.addEventListener("message", mine((event) => this.#hear(event.data)));
    socket.addEventListener("close", mine((event) => this.#closed(event.code, event.reason)));
    clearInterval(this.#guard);
    this.#guard = setInterval(() => this.#checkSilence(), 500);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #closed(code, reason) {
    this.#socket = null;
    clearInterval(this.#guard);
    if (this.#isOver) return;
    if (FINAL.has(code)) {
      this.#giveUp(this.sentence || reason);
      this.#become("refused", this.sentence || reason);
      return;
    }
    this.#become(this.connection === "ended" ? "ended" : "lost", this.sentence);
    this.#later();
  }

  #later() {
    const wait = AGAIN_MS[Math.min(this.#attempts, AGAIN_MS.length - 1)];
    this.#attempts += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #checkSilence() {
    const silent = performance.now() - this.#heardAt;
    if (this.connection === "open" && this.#watching.meters && silent > SILENCE_MS) this.#lose();
    if (this.connection !== "open" && this.#socket && silent > 10000 && this.#heardAt) this.#lose();
  }

  #lose() {
    this.#drop();
    clearInterval(this.#guard);
    this.#become("lost");
    this.#later();
  }

  /** The page is in sight again, or the network is back: is the connection still one? */
  probe() {
    if (this.#isOver || this.connection === "refused" || this.connection === "closed") return;
    if (this.connection !== "open") {
      this.#attempts = 0;
      this.#connect();
      return;
    }
    const asked = performance.now();
    this.#say({ ask: "state" });
    setTimeout(() => {
      if (this.connection === "open" && this.#heardAt < asked) this.#lose();
    }, PROBE_MS);
  }

  #become(connection, sentence = "") {
    const same = this.connection === connection && this.sentence === sentence;
    this.connection = connection;
    this.sentence = sentence;
    if (!same) this.#tell("connection", { connection, sentence });
  }

  // ---------------------------------------------------------------- what rig says
  #hear(data) {
    this.#heardAt = performance.now();
    if (data instanceof ArrayBuffer) {
      this.#tell("frame", data);
      return;
    }
    const said = JSON.parse(data);
    if ("set" in said) this.#patch(said);
    else if ("state" in said) this.#whole(said);
    else if ("hello" in said) this.#greeted(said.hello);
    else if ("ok" in said) this.#answered(said.ok, said);
    else if ("list" in said || "library" in said) this.#answered(said.id, said);
    else if ("event" in said) this.#tell("event", said.event);
    else if ("bye" in said) this.#bye(said.bye);
    else if ("error" in said) this.#wrong(said);
  }

  #greeted(hello) {
    if (hello.version !== PROTOCOL) {
      this.#isOver = true;
      this.#drop();
      this.#become("refused", "");
      this.#tell("version", hello);
      return;
    }
    const isAnother = this.#session !== null && this.#session !== hello.session;
    this.#session = hello.session;
    this.hello = hello;
    this.#attempts = 0;
    if (isAnother) this.#giveUp("");
    this.#isGreeted = true;
    this.#tell("hello", hello);
    this.#say({ watch: this.#watching });
    for (const one of this.#waiting.values()) this.#say(one.message); // done once, by their ids
  }

  #whole({ state, rev }) {
    this.#revisions.whole(state, rev);
    this.#become("open");
    this.#tell("state", state);
  }

  #patch({ set, rev }) {
    if (this.#revisions.patch(set, rev)) this.#tell("state", this.state);
    else this.#say({ ask: "state" });
  }

  #answered(id, said) {
    const one = this.#waiting.get(id);
    this.#waiting.delete(id);
    one?.resolve(said);
  }

  #wrong({ error, id, code }) {
    if (id !== undefined && this.#waiting.has(id)) {
      const one = this.#waiting.get(id);
      this.#waiting.delete(id);
      one.reject(new Refused(error));
    } else if (code) {
      this.sentence = error;
    } else {
      this.#tell("event", { n: 0, kind: "error", text: error });
    }
  }

  #bye(sentence) {
    this.#become("ended", sentence);
    this.#tell("bye", sentence);
  }

  #giveUp(sentence) {
    for (const one of this.#waiting.values()) one.reject(new Refused(sentence));
    this.#waiting.clear();
    this.#sliding.clear();
  }

  // ---------------------------------------------------------------- what is said to rig
  /** Carry out a command; answered when it is done. After a reconnect it is said again, and done once. */
  do(name, value, files) {
    const message = { do: name, id: ++this.#id };
    if (value !== undefined) message.value = value;
    if (files !== undefined) message.of = files;
    return this.#ask(message);
  }

  /** A list: its revision, its files and its items. */
  list(name) {
    return this.#ask({ list: name, id: ++this.#id });
  }

  /** Something else that rig answers: the whole answer. */
  ask(content) {
    return this.#ask({ ...content, id: ++this.#id });
  }

  /** A value that moves: the newest goes, one at a time, so that rig is never behind. */
  slide(name, value, files) {
    const sliding = this.#sliding.get(name);
    if (sliding) {
      sliding.next = value;
      return;
    }
    this.#sliding.set(name, { next: undefined });
    const began = performance.now();
    const after = () => {
      const wait = Math.max(0, SLIDE_MS - (performance.now() - began));
      setTimeout(() => {
        const next = this.#sliding.get(name)?.next;
        this.#sliding.delete(name);
        if (next !== undefined) this.slide(name, next, files);
        else this.#tell("slid", name);
      }, wait);
    };
    this.do(name, value, files).then(after, (error) => {
      after();
      this.#tell("event", { n: 0, kind: "error", text: error.message });
    });
  }

  isSliding(name) {
    return this.#sliding.has(name);
  }

  /** Which frames are wanted: none by a page that is out of sight. */
  watch(meters, spectra) {
    if (meters === this.#watching.meters && spectra === this.#watching.spectra) return;
    this.#watching = { meters, spectra };
    this.#heardAt = performance.now();
    if (this.#isGreeted) this.#say({ watch: this.#watching });
  }

  #ask(message) {
    return new Promise((resolve, reject) => {
      if (this.connection === "refused" || this.connection === "closed") {
        reject(new Refused(this.sentence));
        return;
      }
      this.#waiting.set(message.id, { message, resolve, reject });
      if (this.connection === "open") this.#say(message);
    });
  }

  #say(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function drawn() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
