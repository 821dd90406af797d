"""Whether the levels of a capture are known: without them a model does not say at which level it wants to be played."""

from __future__ import annotations

from ..checks.verdict import Check, Side, Verdict
from ..levels import HOT_DBU, METHOD_WORDS, TIMID_DBU, CaptureLevels, advice_on_send

SEND = "Measure it with a multimeter (rig calibrate send), or state it with --send-dbu."
RETURN = "Measure it over a cable (rig calibrate return), or state it with --return-dbu."


def level_checks(levels: CaptureLevels) -> tuple[Check, Check]:
    """The two lines of the table: level at the gear's input, and of what comes back; unknown where nobody said it."""
    send, back = levels.input_level_dbu, levels.output_level_dbu
    sent = _unknown("input level", "the level at the gear's input is not known, so a model cannot state it", SEND)
    if send is not None:
        advice = advice_on_send(send) or ""
        text = f"0 dBFS is {send:.2f} dBu at the gear's input ({METHOD_WORDS[levels.send_method]})"
        limit = HOT_DBU if send > HOT_DBU else TIMID_DBU
        side: Side = "above" if send > HOT_DBU else "below"
        verdict: Verdict = "warn" if advice else "ok"
        sent = Check("input level", verdict, send, "dBu", limit, None, text, advice, side)
    returned = _unknown("output level", "the level of what comes back is not known, so a model cannot state it", RETURN)
    if back is not None:
        text = f"0 dBFS is {back:.2f} dBu of what comes back ({METHOD_WORDS[levels.return_method]})"
        returned = Check("output level", "ok", back, "dBu", None, None, text)
    return sent, returned


def _unknown(name: str, text: str, advice: str) -> Check:
    return Check(name, "unknown", None, "dBu", None, None, text, advice)
