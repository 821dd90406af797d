// Elements made in code: text is always text, so nothing that rig or a file is called can become markup.

const SVG = "http://www.w3.org/2000/svg";
let drawn = 0;

/** `el("button.key", {type: "button", onclick: f, ariaPressed: "true"}, "Mute")`. */
export function el(what, props = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) put(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function put(element, name, value) {
  if (value === null || value === undefined) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "data") Object.assign(element.dataset, value);
  else if (name.includes("-") || name === "role" || name === "for" || name === "list") element.setAttribute(name, value);
  else element[name] = value;
}

/** A button that does something. */
export function button(what, label, onclick, props = {}) {
  const text = typeof label === "string" ? [label] : label;
  return el(`button${what}`, { type: "button", onclick, ...props }, ...text);
}

/** Set an attribute only if it is another one: a screen reader hears every change. */
export function attribute(element, name, value) {
  const text = String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

export function text(element, content) {
  if (element.textContent !== content) element.textContent = content;
}

export function show(element, isShown) {
  if (element.hidden === isShown) element.hidden = !isShown;
}

/** An id that no other element has. */
export function newId(what) {
  drawn += 1;
  return `${what}-${drawn}`;
}

/** A picture of one path, 24 by 24; it says nothing to a screen reader. */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** A picture that a `<template>` of the page holds. */
export function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** Define an element once. */
export function define(name, kind) {
  if (!customElements.get(name)) customElements.define(name, kind);
}

export const ICONS = {
  stage: "M4 20h16M6 20V9l6-5 6 5v11M10 20v-6h4v6",
  cabinets: "M4 3h16v18H4zM12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M7 6h.01M17 6h.01M7 18h.01M17 18h.01",
  bench: "M4 7h7v10H4zM13 7h7v10h-7zM7.500 3v4M16.500 17v4",
  sounds: "M4 6h10M4 12h10M4 18h10M18 5v14M18 19l3-3M18 19l-3-3",
  library: "M4 5h3v14H4zM9 5h3v14H9zM14.500 5.500l3-.800 3.500 13.500-3 .800z",
  setup: "M5 4v9M5 17v3M12 4v3M12 11v9M19 4v11M19 19v1M3 13h4v4H3zM10 7h4v4h-4zM17 15h4v4h-4z",
  commands: "M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13M15.500 15.500 20 20",
  page: "M5 12h.01M12 12h.01M19 12h.01",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  unlock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 5.800-1",
  close: "M6 6l12 12M18 6 6 18",
  star: "M12 4l2.500 5 5.500.800-4 3.900.900 5.500L12 16.600 7.100 19.200 8 13.700 4 9.800 9.500 9z",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
};
