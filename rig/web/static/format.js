// Numbers as they are read: with a true minus sign, and their unit.

const MINUS = "−";

/** A number with so many digits behind the point; what is not known is a dash. */
export function number(value, digits = 1) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value < 0 ? `${MINUS}∞` : "∞";
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

export function withUnit(value, unit, digits = 1) {
  return unit ? `${number(value, digits)} ${unit}` : number(value, digits);
}

/** Digits that show one step of a value. */
export function digitsOf(step) {
  if (!step || Number.isInteger(step)) return 0;
  return Math.min(3, Math.max(1, Math.ceil(-Math.log10(step))));
}

/** 83.2 seconds are 1:23. */
export function time(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export function percent(share, digits = 0) {
  return Number.isFinite(share) ? `${number(100 * share, digits)} %` : "–";
}

export function hertz(hz) {
  return hz >= 1000 ? `${number(hz / 1000, hz % 1000 ? 1 : 0)}k` : number(hz, 0);
}

/** A file without its ending. */
export function bare(name) {
  return (name ?? "").replace(/\.(nam|wav|wave|aiff?|flac|caf)(?= \+ |$)/gi, "");
}

/** A file in a folder: [folder, name without its ending]. */
export function parted(path) {
  const at = (path ?? "").lastIndexOf("/");
  return [(path ?? "").slice(0, Math.max(0, at)), bare((path ?? "").slice(at + 1))];
}

/** −1 to 1: how far to the left or right. */
export function panOf(pan) {
  if (Math.abs(pan) < 0.005) return "centre";
  return `${number(100 * Math.abs(pan), 0)} % ${pan < 0 ? "left" : "right"}`;
}

/** What a value or choice of the table reads. */
export function valueOf(command, value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "string") return value;
  if (command?.name === "part_pan") return panOf(value);
  if (command?.in_octaves) return withUnit(value, command.unit, value >= 100 ? 0 : value >= 10 ? 1 : 2);
  return withUnit(value, command?.unit, command?.kind === "value" ? digitsOf(command.step) : 0);
}

/** A choice as a button shows it; 0 Hz of a filter is off. */
export function choiceOf(command, value) {
  if (typeof value === "number") return value === 0 ? "off" : withUnit(value, command.unit, 0);
  return String(value).replaceAll("_", " ");
}
