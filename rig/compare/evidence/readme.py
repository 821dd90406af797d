"""The README of a bundle: what it is, how to check it, and what it can not prove, in plain words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from ...scripting.printable import printable
from .manifest import NOT_STATED, Listed, Stimulus
from .result_files import Kind

WIDTH = 78
HEAD = "Evidence about how something sounds, written by rig"
CHECK = (
    "rig evidence check looks at every byte, computes figures and statistics anew, and says line by line what agrees, "
    "what does not, and what could not be computed again."
)
NEVER = (
    "That nobody edited it before it was sealed. The seal is no signature: whoever has the whole bundle can write all "
    "of it anew, hashes included, on the very machine on which it was made. Only a seal that somebody else has had "
    "since then shows that it is still the same: rig evidence check BUNDLE --seal HASH.",
    "Who made it, and when. The times in it are those of the clock of the machine it was made on.",
    "How many other tests, takes, models or listeners there were that are not shown. Whoever begins ten tests and "
    "shows the best has one good result by luck.",
    "That a file was made by the gear or the program that its name says.",
)
NEVER_OF: dict[Kind, tuple[str, ...]] = {
    "abx": (
        "Of a blind test: who answered, whether it was one person, and that nobody looked up what X was. The order "
        "lies on the listener's own disk while the test runs. The promise shows that the order was drawn before the "
        "first answer, to whoever had its hash before.",
        "Of a blind test: what was really heard. Loudspeakers, room, level and headphones are not known to rig. Gear "
        "that was played live can not be played again from a file.",
        "That there is no difference. A test that shows none shows that this listener did not hear one there.",
    ),
    "compare": (
        "Of a comparison: that what measures better sounds better. Its figures are those of these files, and of no "
        "other guitar, level or setting.",
    ),
    "listen": (
        "Of a listening test: who the listeners were, that each listened once, and that nobody looked up the order. "
        "It lies on the machine of the test while it runs.",
        "Of a listening test: what was really heard. Headphones, loudspeakers, room and level are what somebody "
        "stated, or not known.",
    ),
}


def readme(results: Sequence[Listed], stimuli: Sequence[Stimulus]) -> str:
    """The whole text."""
    lines = [HEAD, "=" * len(HEAD), ""]
    lines += _paragraph(
        "It holds results, what they were made from, and the hash of each file (manifest.json), so that somebody else "
        "can replay them."
    )
    lines += ["", "    rig evidence check BUNDLE", "", *_paragraph(CHECK), "", "What is in it", ""]
    for result in results:
        lines += _point(f"{result.number}. {result.called} ({result.member})", "")
        lines += [line for text in result.left_out for line in _point(f"left out: {text}", "     ")]
    lines += ["", "What the results were made from", ""]
    lines += [line for stimulus in stimuli for line in _point(_told(stimulus), "- ")] or ["  No file is named in them."]
    if any(stimulus.member and stimulus.licence == NOT_STATED for stimulus in stimuli):
        lines += ["", *_paragraph("Where the licence is not stated, ask before you pass a file on.")]
    lines += ["", "What it can NOT prove", ""]
    kinds = list(dict.fromkeys(result.kind for result in results))
    for text in (*NEVER, *(text for kind in kinds for text in NEVER_OF[kind])):
        lines += _point(text, "- ")
    lines += ["", "About persons", ""]
    lines += _paragraph(
        "Folders and ports of the machine were left out of the results; names of files, times of answers, and comments "
        "that listeners wrote stand in it as they are. Listeners have numbers in place of names, unless it was asked "
        "for their names."
    )
    return "\n".join(lines) + "\n"


def _told(stimulus: Stimulus) -> str:
    uses = "; ".join(f"{number}: {role}" for number, role in stimulus.uses)
    where = stimulus.member or f"not in the bundle: {stimulus.why_not}"
    return f"{stimulus.name} (result {uses}). {where}. Licence: {stimulus.licence}."


def _paragraph(text: str) -> Iterator[str]:
    return iter(textwrap.wrap(printable(text), WIDTH, break_long_words=False, break_on_hyphens=False))


def _point(text: str, mark: str) -> Iterator[str]:
    wrapper = textwrap.TextWrapper(
        WIDTH, f"  {mark}", "  " + " " * len(mark), break_long_words=False, break_on_hyphens=False
    )
    return iter(wrapper.wrap(printable(text)))
