// Small charts on canvas: lines over a linear or logarithmic axis, with a grid, a legend, and nothing else.

let known = null;

/** The colours of the theme, as canvas needs them. */
export function colours() {
  if (!known) {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(`--${name}`).trim();
    const names = ["text", "soft", "line", "raised", "panel", "accent", "good", "warn", "bad", "zone", "second", "third"];
    known = Object.fromEntries(names.map((name) => [name, of(name)]));
    known.font = style.fontFamily || "sans-serif";
  }
  return known;
}

/** The theme is another one. */
export function forgetColours() {
  known = null;
}

/** The drawing context in pixels of the page, as sharp as the screen. */
export function fitCanvas(canvas) {
  const scale = Math.min(3, globalThis.devicePixelRatio || 1);
  const box = canvas.parentElement.getBoundingClientRect();
  const [width, height] = [Math.max(1, Math.round(box.width)), Math.max(1, Math.round(box.height))];
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

const EDGE = { left: 40, right: 10, top: 10, bottom: 22 };

/** Lines `{name, x, y, colour, dash, fill}` over axes `{x: {low, high, log, ticks, unit}, y: {...}}`. */
export function lines(canvas, axes, series) {
  const { context, width, height } = fitCanvas(canvas);
  const { text, soft, line, font } = colours();
  const inner = { width: width - EDGE.left - EDGE.right, height: height - EDGE.top - EDGE.bottom };
  const scale = ({ low, high, log }, value) =>
    log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  const px = (value) => EDGE.left + scale(axes.x, value) * inner.width;
  const py = (value) => EDGE.top + (1 - scale(axes.y, value)) * inner.height;
  context.font = `12px ${font}`;
  context.lineWidth = 1;
  context.strokeStyle = line;
  context.fillStyle = soft;
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.beginPath();
  for (const [value, words] of axes.y.ticks) {
    const y = Math.round(py(value)) + 0.5;
    context.moveTo(EDGE.left, y);
    context.lineTo(width - EDGE.right, y);
    context.fillText(words, EDGE.left - 6, y);
  }
  context.textAlign = "center";
  for (const [value, words] of axes.x.ticks) {
    const x = Math.round(px(value)) + 0.5;
    context.moveTo(x, EDGE.top);
    context.lineTo(x, EDGE.top + inner.height);
    context.fillText(words, Math.min(width - 18, x), height - EDGE.bottom / 2 + 2);
  }
  context.stroke();
  context.save();
  context.beginPath();
  context.rect(EDGE.left, EDGE.top, inner.width, inner.height);
  context.clip();
  for (const one of series) drawLine(context, one, px, py, axes, text);
  context.restore();
}

function drawLine(context, { x, y, colour, dash = [], fill = false, width = 2 }, px, py, axes, text) {
  context.beginPath();
  let isDown = false;
  for (let i = 0; i < y.length; i += 1) {
    const at = Number.isFinite(y[i]) ? y[i] : axes.y.low - 10;
    if (isDown) context.lineTo(px(x[i]), py(at));
    else context.moveTo(px(x[i]), py(at));
    isDown = true;
  }
  context.strokeStyle = colour ?? text;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
  if (fill && y.length) {
    context.lineTo(px(x[y.length - 1]), py(axes.y.low));
    context.lineTo(px(x[0]), py(axes.y.low));
    context.globalAlpha = 0.18;
    context.fillStyle = colour ?? text;
    context.fill();
    context.globalAlpha = 1;
  }
}

/** The axis of what one hears. */
export const HEARING = {
  ...{ low: 40, high: 16000, log: true },
  ticks: [
    [50, "50"],
    [100, "100"],
    [200, "200"],
    [500, "500"],
    [1000, "1k"],
    [2000, "2k"],
    [5000, "5k"],
    [10000, "10k"],
  ],
};

/** An axis of levels. */
export function decibels(low, high, step) {
  const ticks = [];
  for (let db = Math.ceil(low / step) * step; db <= high; db += step) ticks.push([db, String(db).replace("-", "−")]);
  return { low, high, ticks };
}
