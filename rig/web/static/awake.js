// The screen stays on while the stage is in sight: by a wake lock, or, without TLS, where a browser has none, by a tiny
// silent video that is made in the page, from a canvas, and plays in a corner of it.

import { el } from "./dom.js";
import { rig } from "./here.js";
import { kept } from "./token.js";

let lock = null;
let video = null;
let timer = 0;

export function keepAwake() {
  rig.store.setPage({ awakeWanted: kept.get("awake", "yes") === "yes" });
  rig.store.watch(
    (store) => store.page.awakeWanted && store.page.view === "stage" && !store.page.hidden,
    (wanted) => (wanted ? begin() : end()),
  );
  addEventListener("pointerdown", again, { passive: true });
  addEventListener("keydown", again, { passive: true });
}

/** Whether it is wanted; remembered. */
export function wantAwake(wanted) {
  kept.put("awake", wanted ? "yes" : "no");
  rig.store.setPage({ awakeWanted: wanted });
}

function again() {
  if (rig.store.page.awake === "waits") begin();
}

async function begin() {
  try {
    if (navigator.wakeLock) {
      lock ??= await navigator.wakeLock.request("screen");
      lock.addEventListener("release", () => {
        lock = null;
      });
      rig.store.setPage({ awake: "lock" });
      return;
    }
  } catch {
    // a battery that is low, or no TLS: the video then
  }
  await playVideo();
}

async function playVideo() {
  if (!HTMLCanvasElement.prototype.captureStream) {
    rig.store.setPage({ awake: "not" });
    return;
  }
  if (!video) {
    const canvas = el("canvas", { width: 16, height: 16 });
    const context = canvas.getContext("2d");
    let shade = 0;
    const draw = () => {
      shade = (shade + 1) % 2;
      context.fillStyle = shade ? "#000" : "#010101";
      context.fillRect(0, 0, 16, 16);
    };
    draw();
    timer = setInterval(draw, 500);
    video = el("video.awake", { muted: true, loop: true, playsInline: true, "aria-hidden": "true", tabIndex: -1 });
    video.setAttribute("playsinline", "");
    video.srcObject = canvas.captureStream(2);
    document.body.append(video);
  }
  try {
    await video.play();
    rig.store.setPage({ awake: "video" });
  } catch {
    rig.store.setPage({ awake: "waits" });
  }
}

function end() {
  lock?.release();
  lock = null;
  clearInterval(timer);
  for (const track of video?.srcObject?.getTracks() ?? []) track.stop();
  video?.remove();
  video = null;
  rig.store.setPage({ awake: "off" });
}
