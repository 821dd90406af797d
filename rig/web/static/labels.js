// What commands and events are called, and sentences of rig as this page says them.

/** Short names of commands; a command that is not here is called by its own name. */
export const LABELS = {
  bypass: "Bypass",
  gate: "Gate",
  mute: "Mute",
  tuner: "Tuner",
  volume: "Volume",
  rumble: "Rumble filter",
  record: "Record",
  record_loop: "Record a loop",
  loop: "Loop",
  loop_from: "Loop from",
  loop_to: "Loop to",
  backing: "Backing track",
  backing_play: "Play the track",
  backing_volume: "Track volume",
  backing_from: "Track from",
  backing_to: "Track to",
  backing_at: "Track is at",
  backing_once: "Track once",
  backing_count_in: "Count-in",
  backing_bpm: "Tempo of the count-in",
  backing_follow: "Track follows JACK",
  eq_band: "Band",
  eq_on: "Band is on",
  eq_type: "Kind",
  eq_hz: "Frequency",
  eq_gain: "Gain of the band",
  eq_q: "Q",
  eq_place: "Where",
  eq_remove: "Take the band away",
  take_trained: "Hear it",
  follow_training: "Better models",
  offer_trained: "Offer a model",
  restore: "Restore",
  help: "Show the keys",
  quit: "Quit",
  no_cabinet: "No cabinet",
  equal_loudness: "Equally loud",
  level_mode: "Level mode",
  output_trim: "Output trim",
  input_trim: "Input trim",
  preamp_gain: "Gain knob",
  follow_knob: "Follow the knob",
  gate_threshold: "Gate opens at",
  next_ir: "Next cabinet",
  previous_ir: "Previous cabinet",
  first_ir: "First cabinet",
  last_ir: "Last cabinet",
  jump_ir: "Cabinet by number",
  search_ir: "Search cabinets",
  ir_problems: "Unusable cabinets",
  favourite: "Favourite",
  favourite_model: "Favourite model",
  keep: "Keep",
  reject: "Reject",
  undo_choice: "Undo",
  everything: "Forget kept and rejected",
  mark_a: "Mark A",
  mark_b: "Mark B",
  compare: "A or B",
  mix: "Mix",
  mix_add: "Hold and add",
  mix_part: "Choose part",
  mix_solo: "Hear a part alone",
  mix_remove: "Take part away",
  mix_align: "Align",
  part_gain: "Gain",
  part_delay: "Delay",
  part_pan: "Pan",
  part_invert: "Invert",
  max_input: "Interface level",
  model_level: "Model level",
  midi_learn: "MIDI learn",
  match_trim: "Level of B",
  hear_a: "Hear A",
  hear_b: "Hear B",
  hear_x: "Hear X",
  hear_difference: "Hear the difference",
  input_port: "Port of the guitar",
  send_port: "Port to the gear",
  return_port: "Port from the gear",
  output_port: "Ports of the speakers",
  answer_a: "X is A",
  answer_b: "X is B",
  begin_test: "Begin the blind test",
  confirm_answer: "Make the answer final",
  preset: "Preset by number",
  preset_at: "Preset by place",
  jump_model: "Model by number",
  model: "Model by place",
  cabinet: "Cabinet by place",
  view: "Step through",
  view_models: "Step through models",
};

/** What a command is called. */
export function labelOf(name) {
  const words = LABELS[name] ?? name.replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
}

/** The same without what it says about options of the command line, and with true minus signs. */
export function withoutOptions(text) {
  return withMinus(text.replace(/ \(--[^)]*\)/g, ""));
}

/** True minus signs in front of numbers, and between two terms. */
export function withMinus(text) {
  return text.replace(/(^|[\s(])-(?=\d)/g, "$1−").replaceAll(" - ", " − ");
}

const KINDS = { midi: "MIDI", eq: "EQ", side_a: "Side A", side_b: "Side B" };
const SELF = new Set(["more", "part", "state", "error", "warning", "fault", "help"]); // these say themselves what they are about

/** What an event is about; empty: its text says so. */
export function about(kind) {
  return SELF.has(kind) ? "" : KINDS[kind] ?? `${kind[0].toUpperCase()}${kind.slice(1)}`;
}

/** A sentence of rig with its commands in braces, as they are called here. */
export function spoken(text) {
  return withMinus(text).replace(/\{([a-z_]+)([+-]?)\}/g, (_, name, way) => {
    const more = way === "+" ? " +" : way === "-" ? " −" : "";
    return `“${labelOf(name)}${more}”`;
  });
}
