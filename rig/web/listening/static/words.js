// Every sentence of the listening page, in one place; what went wrong is told by rig in its own words.

const MARKS = ["Bad", "Poor", "Fair", "Good", "Excellent"];

/** The word of the recommendation for a rating: five equal intervals, each 20 wide. */
export function wordOf(rating) {
  return MARKS[Math.min(4, Math.floor(rating / 20))];
}

/** What a position is called, counted from 1: as rig's own sentences call it. */
export function letterOf(which) {
  return String.fromCharCode(64 + which);
}

export const W = {
  title: "Listening test",
  marks: [...MARKS].reverse(), // from above
  look: { dark: "Look: dark", light: "Look: light", system: "Look: as the system" },
  lost: "NO CONNECTION",
  lostMeans: "Your ratings are kept. It connects again by itself.",
  ended: "THE TEST HAS ENDED",
  connecting: "Connecting …",
  needsToken: "This is a listening test. To take part, open the address that rig has printed, or paste it here.",
  tokenLabel: "Address or token",
  connect: "Connect",
  reload: "Load the page again",
  otherFiles: "rig serves a newer page than this one.",

  nameLabel: "Your name",
  nameHelp: "It stands beside your ratings, and you need it to go on if you are interrupted. A nickname will do.",
  before: [
    "Put your headphones on, set a comfortable volume in the training, and leave it there.",
    "What you rate is kept at once: you can close this page and go on later, in this browser.",
  ],
  begin: "Begin",

  training: "Training",
  trainingMeans: "Hear what differences there are, try the sliders, set the volume. No score of this is kept.",
  screen: (n, all) => `Screen ${n} of ${all}`,
  loading: "Loading the sounds …",
  loadingLabel: "How far the sounds are",
  loadFailed: (why) => `The sounds could not be loaded. ${why}`,
  again: "Try again",
  reference: "Reference",
  board: "Sounds and their ratings",
  hear: (which) => `Hear ${letterOf(which)}`,
  hearReference: "Hear the reference",
  rating: (which) => `Rating of ${letterOf(which)}`,
  rated: (rating) => `${rating}, ${wordOf(rating).toLowerCase()}`,
  unrated: "not rated yet",
  unheard: "not heard yet",
  play: "Play",
  stop: "Stop",
  silent: "Nothing plays.",
  nowReference: "The reference plays.",
  now: (which, rated) => `${letterOf(which)} plays${rated ? `: ${rated}` : ""}.`,
  volume: "Hear nothing? Turn the volume up; on a phone, turn silent mode off as well.",
  keys: "Keys: r or 0 the reference, letters or 1 to 9 the sounds, Space play and stop, ↑ ↓ move the slider of what plays.",
  comment: "Comment",
  commentHelp: "What did you hear? (optional)",
  next: "Next screen",
  last: "Finish",
  toTest: "Begin the test",
  skip: "Leave the training out",
  skipSure: "Again: leave it out",
  final: "After that this screen cannot be changed.",
  ready: "Ready to go on.",

  thanks: (name) => `Thank you, ${name}!`,
  done: "All your ratings are kept. You can close this page.",
  promise: (hash) => `Promised before the first screen: ${hash}`,
  closing: (hash) => `Closing hash of what you did: ${hash}`,
  another: "Somebody else on this device",
  noResults: "Results are shown by whoever has made the test.",
  results: "What the sounds were",
  resultsMeans: (isAll) => (isAll ? "Bar: mean of all who count. Line: its 95 % interval. Stripe: your own mean." : "Your own means. Those of all are being computed."),
  resultsOf: (n, out, open) =>
    [
      n === 1 ? "One listener counts so far." : `${n} listeners count so far.`,
      out ? `${out} left out by the post-screening.` : "",
      open ? `${open} not finished.` : "",
    ].join(" "),
  kinds: { reference: "hidden reference", "low anchor": "low anchor", "mid anchor": "mid anchor", candidate: "" },
  resultWords: (name, mean, low, high, mine) =>
    `${name}: ${mean === null ? "" : `mean ${mean}`}${low === null ? "" : ` (${low} to ${high})`}${mean === null ? "" : ", "}yours ${mine}.`,
};
