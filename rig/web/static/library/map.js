// The map: every model a dot, near each other where they sound alike. A tap plays; the wheel and two fingers zoom.

import { colours, fitCanvas } from "../charts.js";
import { attribute, button, el, show, text } from "../dom.js";
import { rig } from "../here.js";
import { Dots } from "./dots.js";
import { play } from "./finding.js";
import { L } from "./words.js";

const NEAR_PX = { mouse: 12, touch: 26, pen: 18 };
const HOLD_MS = 500;
const HOVER_MS = 60;
const MOVE_PX = 8;
const STEPS = 10000; // from the middle to the edge, as rig says it
const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class ModelMap {
  #dots = new Dots();
  #rev = null;
  #isAsking = false;
  #chosen = -1; // the place of the dot whose name is told
  #item = null; // and its row
  #playing = { sha256: null, place: -1, item: null };
  #fingers = new Map();
  #moved = 0;
  #held = false;
  #timer = 0;
  #isDrawing = false;
  #found = null; // the places of what is searched for; null: nothing is
  #query = "";
  #asked = ["", null]; // the query and the content that the places are asked for

  /** `onLike`: somebody wants more like a row. */
  constructor(onLike) {
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.plane = el("div.plane", { role: "application", tabIndex: 0, data: { arrows: "" } }, this.canvas);
    this.name = el("p.map-name", { role: "status" });
    this.play = button("", L.play, () => this.#item && play(this.#item));
    this.like = button("", L.more, () => this.#item && onLike(this.#item));
    const zoom = (times) => () => {
      this.#dots.zoomAt(this.plane.clientWidth / 2, this.plane.clientHeight / 2, times);
      this.draw();
    };
    this.help = el("p.soft");
    this.element = el(
      "div.map",
      {},
      this.plane,
      el("div.row.map-said", {}, this.name, this.play, this.like),
      el(
        "div.row.map-zoom",
        {},
        button("", "+", zoom(1.6), { "aria-label": L.zoomIn }),
        button("", "−", zoom(1 / 1.6), { "aria-label": L.zoomOut }),
        button("", L.showAll, () => this.#showAll()),
        this.help,
      ),
    );
    for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel", "pointerleave"]) {
      this.plane.addEventListener(type, (event) => this.#pointer(event));
    }
    this.plane.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.plane.addEventListener("keydown", (event) => this.#keys(event));
    this.plane.addEventListener("contextmenu", (event) => event.preventDefault());
    rig.store.watch(
      ({ state, page }) => [state.library?.playing, state.library?.asked, page.theme],
      () => this.#follow(),
    );
    new ResizeObserver(() => this.draw()).observe(this.plane);
    this.#say();
  }

  /** Ask for the dots, if they are not those of `rev`. */
  async update(rev, isForced = false) {
    if (this.#isAsking || (!isForced && this.#rev !== null && this.#rev === rev)) return;
    this.#isAsking = true;
    if (this.#rev === null) text(this.help, L.drawing);
    try {
      const found = await rig.client.ask({ library: "map" });
      this.#rev = found.rev;
      const unit = (values) => values.map((value) => value / STEPS);
      this.#dots.put(unit(found.x), unit(found.y));
      this.#choose(-1);
      attribute(this.plane, "aria-label", `${L.mapOf(this.#dots.count)} ${L.mapHelp}`);
      text(this.help, this.#dots.count ? `${L.mapShows(found.share, this.#dots.count, found.of)} ${L.mapHint}` : L.noMap);
      this.#playing.sha256 = null;
      this.#found = null;
      this.#follow();
      this.search(this.#query);
    } catch (error) {
      text(this.help, error.message);
    } finally {
      this.#isAsking = false;
    }
  }

  /** Mark what a search finds; empty: nothing in particular. */
  async search(query) {
    this.#query = query;
    if (!query || this.#rev === null) {
      this.#found = null;
      this.draw();
      return;
    }
    const [asked, rev] = this.#asked;
    if (asked === query && rev === this.#rev) return;
    this.#asked = [query, this.#rev];
    try {
      const found = await rig.client.ask({ library: "places", query });
      if (this.#query === query && found.rev === this.#rev) this.#found = found.places;
    } catch (error) {
      this.#asked = ["", null];
    }
    this.draw();
  }

  // ---------------------------------------------------------------- what is marked
  /** Mark what sounds, wherever it was chosen. */
  async #follow() {
    const sha256 = rig.store.state.library?.playing ?? null;
    if (this.#rev !== null && sha256 !== this.#playing.sha256) {
      this.#playing = { sha256, place: -1, item: null };
      const item = sha256 === null ? null : await this.#ask({ of: sha256 });
      if (this.#playing.sha256 === sha256) this.#playing = { sha256, place: item?.place ?? -1, item };
    }
    this.#say();
    this.draw();
  }

  async #ask(what) {
    try {
      return (await rig.client.ask({ library: "model", ...what })).items[0] ?? null;
    } catch (error) {
      if (what.place !== undefined) this.update(null, true);
      return null;
    }
  }

  /** Tell the name of a dot; `plays`: and play it. */
  async #choose(place, plays = false) {
    this.#chosen = place;
    this.#item = place >= 0 && place === this.#playing.place ? this.#playing.item : null;
    this.draw();
    if (place >= 0 && !this.#item) {
      const item = await this.#ask({ place, rev: this.#rev });
      if (this.#chosen !== place) return;
      this.#item = item;
    }
    if (plays && this.#item) play(this.#item);
    this.#say();
    this.draw();
  }

  #say() {
    const { problems = {}, asked, playing } = rig.store.state.library ?? {};
    const item = this.#item ?? this.#playing.item;
    const said = item && (problems[item.sha256] ?? (asked === item.sha256 ? L.asked : item.sha256 === playing ? L.plays : ""));
    text(this.name, item ? [item.name, item.folder, item.gear, said].filter(Boolean).join(" · ") : "");
    for (const each of [this.play, this.like]) show(each, Boolean(this.#item));
  }

  // ---------------------------------------------------------------- by hand
  #pointer(event) {
    const box = this.canvas.getBoundingClientRect();
    const at = [event.clientX - box.left, event.clientY - box.top];
    const { type, pointerId, pointerType } = event;
    const within = NEAR_PX[pointerType] ?? NEAR_PX.touch;
    clearTimeout(this.#timer);
    if (type === "pointerdown") {
      if (event.button !== 0) return;
      this.plane.setPointerCapture(pointerId);
      this.#fingers.set(pointerId, at);
      this.#moved = this.#fingers.size > 1 ? Infinity : 0;
      this.#held = false;
      this.#timer = setTimeout(() => {
        this.#held = true;
        this.#choose(this.#dots.nearest(...at, within));
      }, HOLD_MS);
    } else if (type === "pointermove" && this.#fingers.has(pointerId)) {
      this.#drag(pointerId, at);
      if (this.#moved < MOVE_PX && !this.#held) {
        this.#timer = setTimeout(() => {
          this.#held = true;
          this.#choose(this.#dots.nearest(...at, within));
        }, HOLD_MS);
      }
    } else if (type === "pointermove" && pointerType === "mouse") {
      this.#timer = setTimeout(() => {
        const place = this.#dots.nearest(...at, within);
        if (place >= 0 && place !== this.#chosen) this.#choose(place);
      }, HOVER_MS);
    } else if (type === "pointerup" && this.#fingers.delete(pointerId)) {
      const place = this.#dots.nearest(...at, within);
      if (this.#moved < MOVE_PX && !this.#held && place >= 0) this.#choose(place, true);
    } else if (type === "pointercancel") {
      this.#fingers.delete(pointerId);
    }
  }

  #drag(id, at) {
    const before = this.#fingers.get(id);
    const other = [...this.#fingers].find(([each]) => each !== id)?.[1];
    const [dx, dy] = [at[0] - before[0], at[1] - before[1]];
    this.#moved += Math.hypot(dx, dy);
    this.#fingers.set(id, at);
    if (this.#moved < MOVE_PX) return;
    if (other) {
      const apart = (one) => Math.max(10, Math.hypot(one[0] - other[0], one[1] - other[1]));
      this.#dots.zoomAt((at[0] + other[0]) / 2, (at[1] + other[1]) / 2, apart(at) / apart(before));
      this.#dots.shift(dx / 2, dy / 2);
    } else {
      this.#dots.shift(dx, dy);
    }
    this.draw();
  }

  #wheel(event) {
    event.preventDefault();
    const box = this.canvas.getBoundingClientRect();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    this.#dots.zoomAt(event.clientX - box.left, event.clientY - box.top, Math.exp(-pixels * 0.002));
    this.draw();
  }

  #keys(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.#dots.count) return;
    const way = WAYS[event.key];
    const middle = [this.plane.clientWidth / 2, this.plane.clientHeight / 2];
    if (way) {
      const from = this.#chosen >= 0 ? this.#chosen : this.#playing.place;
      const next = from >= 0 ? this.#dots.next(from, way) : this.#dots.nearest(...middle, Infinity);
      if (next >= 0) {
        this.#dots.follow(next);
        this.#choose(next);
      }
    } else if (event.key === "Enter" || event.key === " ") {
      if (this.#item) play(this.#item);
    } else if (event.key === "+" || event.key === "=") this.#dots.zoomAt(...middle, 1.6);
    else if (event.key === "-") this.#dots.zoomAt(...middle, 1 / 1.6);
    else if (event.key === "0") this.#dots.showAll();
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.draw();
  }

  #showAll() {
    this.#dots.showAll();
    this.draw();
  }

  // ---------------------------------------------------------------- the picture
  draw() {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      if (this.plane.offsetParent) this.#paint();
    });
  }

  #paint() {
    const { context, width, height } = fitCanvas(this.canvas);
    const dots = this.#dots;
    const { soft, line, accent, second, third } = colours();
    dots.resize(width, height);
    const size = Math.min(9, (dots.count > 3000 ? 2 : dots.count > 500 ? 3 : 5) * Math.max(1, dots.zoom ** 0.3));
    const all = (places, colour, wide) => {
      context.fillStyle = colour;
      context.beginPath();
      for (const place of places) {
        const [px, py] = dots.at(place);
        if (px < -9 || py < -9 || px > width + 9 || py > height + 9) continue;
        context.rect(px - wide / 2, py - wide / 2, wide, wide);
      }
      context.fill();
    };
    all(dots.x.keys(), this.#found ? line : soft, size);
    if (this.#found) all(this.#found, third, size + 1);
    this.#mark(context, width, this.#chosen, second, 6, this.#item?.name);
    this.#mark(context, width, this.#playing.place, accent, 8, this.#playing.item?.name);
  }

  #mark(context, width, place, colour, radius, name) {
    if (place < 0 || place >= this.#dots.count) return;
    const { text: ink, panel, font } = colours();
    const [px, py] = this.#dots.at(place);
    context.beginPath();
    context.arc(px, py, radius, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = panel;
    context.stroke();
    if (!name) return;
    context.font = `13px ${font}`;
    context.textBaseline = "middle";
    const isLeft = px > width / 2;
    context.textAlign = isLeft ? "right" : "left";
    const at = px + (isLeft ? -radius - 5 : radius + 5);
    context.lineWidth = 4;
    context.strokeText(name, at, py);
    context.fillStyle = ink;
    context.fillText(name, at, py);
  }
}
