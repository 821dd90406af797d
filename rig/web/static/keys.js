// The keys of the terminal, here too: rig's own (rig/player/key_map.py), as a command and the direction of its step.
// Tab moves the focus in a page, so `a` alone changes between A and B; arrows belong to whatever has the focus.

export const PLAY_KEYS = {
  ...Object.fromEntries(Array.from("0123456789", (key) => [key, ["preset", Number(key)]])),
  PageDown: ["next_preset", 0],
  PageUp: ["previous_preset", 0],
  P: ["save_preset", 0],
  "@": ["overwrite_preset", 0],
  N: ["rename_preset", 0],
  $: ["renumber_preset", 0],
  D: ["delete_preset", 0],
  Z: ["undo_preset", 0],
  n: ["next_model", 0],
  ArrowRight: ["next_model", 0],
  p: ["previous_model", 0],
  ArrowLeft: ["previous_model", 0],
  "<": ["first_model", 0],
  ">": ["last_model", 0],
  W: ["jump_model", 0],
  "\\": ["search_model", 0],
  "|": ["like_model", 0],
  F: ["favourite_model", 0],
  "*": ["view_models", 0],
  b: ["bypass", 0],
  "+": ["output_trim", 1],
  "=": ["output_trim", 1],
  "-": ["output_trim", -1],
  "]": ["input_trim", 1],
  "[": ["input_trim", -1],
  K: ["preamp_gain", 1],
  k: ["preamp_gain", -1],
  l: ["level_mode", 0],
  e: ["equal_loudness", 0],
  m: ["mute", 0],
  E: ["knob", 0],
  C: ["interface", 0],
  G: ["gate", 0],
  '"': ["gate_threshold", 1],
  "'": ["gate_threshold", -1],
  U: ["rumble", 0],
  T: ["tuner", 0],
  i: ["next_ir", 0],
  ArrowDown: ["next_ir", 0],
  u: ["previous_ir", 0],
  ArrowUp: ["previous_ir", 0],
  Home: ["first_ir", 0],
  End: ["last_ir", 0],
  g: ["jump_ir", 0],
  "/": ["search_ir", 0],
  c: ["no_cabinet", 0],
  I: ["open_irs", 0],
  "!": ["ir_problems", 0],
  f: ["favourite", 0],
  t: ["note", 0],
  y: ["keep", 0],
  x: ["reject", 0],
  ";": ["undo_choice", 0],
  s: ["view", 0],
  S: ["everything", 0],
  A: ["mark_a", 0],
  B: ["mark_b", 0],
  a: ["compare", 0],
  v: ["blind", 0],
  o: ["record_loop", 0],
  O: ["loop", 0],
  "&": ["backing", 0],
  " ": ["backing_play", 0],
  "%": ["backing_volume", 1],
  ":": ["backing_volume", -1],
  j: ["mix_add", 0],
  "#": ["mix_part", 0],
  J: ["mix_remove", 0],
  ".": ["part_gain", 1],
  ",": ["part_gain", -1],
  ")": ["part_delay", 1],
  "(": ["part_delay", -1],
  "}": ["part_pan", 1],
  "{": ["part_pan", -1],
  "~": ["part_invert", 0],
  L: ["mix_align", 0],
  z: ["mix", 0],
  w: ["export", 0],
  d: ["draw", 0],
  R: ["record", 0],
  "^": ["volume", 1],
  _: ["volume", -1],
  M: ["midi_learn", 0],
  r: ["restore", 0],
  Q: ["quality", 0],
  H: ["take_trained", 0],
  V: ["stage", 0],
  h: ["help", 0],
  "?": ["help", 0],
  q: ["quit", 0],
};

export const AB_KEYS = {
  a: ["hear_a", 0],
  b: ["hear_b", 0],
  d: ["hear_difference", 0],
  x: ["hear_x", 0],
  n: ["begin_test", 0],
  o: ["answer_a", 0],
  p: ["answer_b", 0],
  Enter: ["confirm_answer", 0],
  "+": ["match_trim", 1],
  "=": ["match_trim", 1],
  "-": ["match_trim", -1],
  l: ["lock", 0],
  m: ["measure", 0],
  H: ["take_trained", 0],
  r: ["restore", 0],
  h: ["help", 0],
  "?": ["help", 0],
  q: ["quit", 0],
};

/** The keys of a view of rig. */
export function keysOf(view) {
  if (view === "ab") return AB_KEYS;
  return view === "play" || view === "audition" ? PLAY_KEYS : { h: ["help", 0], "?": ["help", 0] };
}

/** The first key of a command, as it is shown; empty: it has none. */
export function keyOf(keys, name) {
  return Object.entries(keys).find(([, [command]]) => command === name)?.[0] ?? "";
}

const OWN = {
  arrows: new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown"]),
};

/** Whether a key belongs to what has the focus: text to a field, arrows to a slider or a list. */
export function belongsTo(target, key) {
  if (!(target instanceof Element)) return false;
  if (target.closest("textarea, select, [contenteditable], input:not([type=range]):not([type=checkbox])")) return true;
  return OWN.arrows.has(key) && target.closest("input[type=range], [data-arrows], [role=dialog], .scrolls") !== null;
}
