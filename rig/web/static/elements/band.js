// The band over the whole width: there only when something is unusual, and never covered.

import { attribute, button, define, el, show, text } from "../dom.js";
import { time } from "../format.js";
import { squeeze } from "../fit.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

/** What is unusual now, the gravest first: [what, words, command that a tap carries out]. */
function unusual({ state, connection, hello }) {
  const values = state.values ?? {};
  const found = [];
  const say = (what, is, words = S.band[what], command = null) => is && found.push([what, words, command]);
  say("ended", connection === "ended");
  say("lost", hello && (connection === "lost" || (connection === "connecting" && state.view)));
  say("server", state.server?.state, state.server?.state);
  say("overload", state.is_asleep, S.band.overload, "restore");
  say("muted", values.mute);
  say("bypass", values.bypass);
  say("tuner", values.tuner);
  say("recording", values.record, S.band.recording("0:00"));
  say("loop", values.record_loop === true || state.loop === "recording", S.band.loop("0:00"));
  say("looping", state.loop === "playing");
  say("reduced", state.is_reduced, S.band.reduced, "restore");
  say("learning", state.is_learning);
  say("blind", values.blind);
  return found;
}

const TIGHT = 0.09; // of the screen's height: upright, a band of two rows leaves little room below

const TIMES = { recording: "recording_s", loop: "loop_s" };

class Band extends HTMLElement {
  #timed = []; // segments with a clock

  connectedCallback() {
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", S.bandLabel);
    this.segments = el("div.segments");
    this.spoken = el("div.unseen", { role: "status" });
    this.append(this.segments, this.spoken);
    rig.store.watch(unusual, (found) => this.#show(found));
    rig.frames.onPaint(() => this.#tick());
    new ResizeObserver(() => {
      this.#squeeze();
      document.documentElement.style.setProperty("--band", `${this.offsetHeight}px`);
      attribute(document.body, "data-tight", innerWidth < innerHeight && this.offsetHeight > TIGHT * innerHeight);
    }).observe(this);
  }

  #show(found) {
    this.#timed = [];
    this.segments.replaceChildren(
      ...found.map(([what, words, command]) => {
        const letters = el("span.letters", {}, words);
        const segment = command
          ? button(`.segment.${what}`, [letters], () => rig.do(command), { title: S.bandMeans[what], "aria-label": S.band.overloadDo })
          : el(`div.segment.${what}`, { title: S.bandMeans[what] ?? "" }, letters);
        if (command && what !== "overload") segment.removeAttribute("aria-label");
        if (TIMES[what]) this.#timed.push([letters, TIMES[what], S.band[what]]);
        return segment;
      }),
    );
    attribute(this, "data-count", found.length);
    show(this.segments, found.length > 0);
    this.#squeeze();
    text(this.spoken, found.map(([what, words]) => S.bandMeans[what] ?? words).join(" ") || S.bandMeans.none);
    this.#tick();
  }

  #squeeze() {
    for (const letters of this.querySelectorAll(".letters")) squeeze(letters);
  }

  #tick() {
    for (const [letters, meter, words] of this.#timed) {
      const seconds = rig.frames.meter(meter);
      const found = words(time(Number.isFinite(seconds) ? seconds : 0));
      if (letters.textContent === found) continue;
      text(letters, found);
      squeeze(letters);
    }
  }
}

define("rig-band", Band);
