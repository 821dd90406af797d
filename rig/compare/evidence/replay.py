"""The figures of a comparison, computed anew from the files that a bundle holds, and held against what it states."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...decibels import power_from_db
from ...errors import RigError
from ...files.folders import AUDIO_ENDINGS
from ...files.numbers import is_number
from ...files.row_path import JOINT
from ...nam import load_model
from ..models import judge
from ..pair import TakeFiles, open_take
from ..score import Failure
from .opened import Line
from .provenance import CANDIDATE, DRY, SECOND_WET, WET

RATIO, SMALLEST = 0.01, 1e-8  # of ESRs; what is smaller is rounding, which differs between processors
CLOSE_DB = 0.05  # levels, and what else is in dB or LU
PRECISE = {"lag_samples": 0.02, "confidence": 0.001, "polarity": 0.0}
NULLS = ("null_db", "null_by_octave_db")
MOST_DB = 200.0  # beyond any null
OTHERWISE = 0.001  # of a figure that this rig does not know more about
NO_FIGURES = {"size", "quality"}
MOST_TOLD = 4

Find = Callable[[str], Path | None]  # a file by its SHA-256


def replayed(about: str, stated: Mapping[str, Any], find: Find, progress: Callable[[float], None]) -> Iterator[Line]:
    """One line for the take, and one for each candidate."""
    made = stated.get("provenance")
    if made is None:
        yield Line("unknown", about, "an earlier version of rig wrote it, which does not state what it was made from")
        return
    paths = {each["role"]: (each["name"], find(each["sha256"])) for each in made["files"] if each["role"] != CANDIDATE}
    missing = [name for name, path in paths.values() if path is None]
    if missing or not {DRY, WET} <= set(paths):
        yield Line("unknown", about, f"not computed again: {', '.join(missing) or 'dry or wet'} is not in the bundle")
        return
    options = made["options"]
    second = paths.get(SECOND_WET)
    dry, wet = paths[DRY][1], paths[WET][1]
    assert dry is not None and wet is not None
    files = TakeFiles(
        *(dry, wet, options.get("input_dbu"), options.get("input_basis", "")),
        second_wet=None if second is None else second[1],
        channel=options.get("channel"),
    )
    try:
        yield _of_the_take(about, stated, files)
    except RigError as error:
        yield Line("fail", about, f"the take cannot be judged again: {error}")
        return
    for number, score in enumerate(stated["scores"], 1):
        yield _of_a_candidate(f"{about}, {score['file']}", score, made["files"], files, find)
        progress(number / len(stated["scores"]))


def _of_the_take(about: str, stated: Mapping[str, Any], files: TakeFiles) -> Line:
    take = open_take(files)
    rate = take.sample_rate
    again = {
        "sample_rate": rate,
        "samples": len(take.dry),
        "span_s": [take.span.start / rate, take.span.stop / rate],
        "repeatability_esr": take.repeatability_esr,
        "faults": len(take.faults),
    }
    told = {**stated, "faults": len(stated.get("faults", ()))}
    apart = [name for name in again if name in told and not agree(name, told[name], again[name])]
    if apart:
        return Line("fail", about, f"the take differs: {_apart(apart, told, again)}")
    return Line("ok", about, f"the take is the same: {len(take.dry)} samples at {rate} Hz, the same part judged")


def _of_a_candidate(
    about: str, score: Mapping[str, Any], files: list[Mapping[str, Any]], take: TakeFiles, find: Find
) -> Line:
    parts = [find(each["sha256"]) for each in files if each["role"] == CANDIDATE and each["name"] == score["file"]]
    if not parts or None in parts:
        return Line("unknown", about, "not computed again: the file is not in the bundle")
    path = Path(JOINT.join(str(part) for part in parts))
    found = again_with_its_gain(path, take, score)
    if isinstance(found, str):
        return Line("fail", about, f"cannot be compared again: {found}")
    known = [name for name, value in score.items() if name in found and name not in NO_FIGURES and _is_figure(value)]
    apart = [name for name in known if not agree(name, score[name], found[name])]
    if apart:
        return Line("fail", about, f"{len(apart)} of {len(known)} figures differ: {_apart(apart, score, found)}")
    strange = [name for name, value in score.items() if name not in found and _is_figure(value)]
    more = f"; {len(strange)} that this version of rig does not know were not computed" if strange else ""
    esr = score.get("esr_matched")
    headline = f"ESR {esr:.3g}, and " if is_number(esr) else ""
    return Line("ok", about, f"{headline}all {len(known)} figures come out again{more}")


def again_with_its_gain(path: Path, take: TakeFiles, score: Mapping[str, Any]) -> dict[str, Any] | str:
    """The figures of a candidate, at the input gain that was used; what is known on this machine has no say.

    Text: why there are none.
    """
    entered: dict[str, float] = {}
    size, quality = score.get("size"), score.get("quality")  # None: a recording, which has neither
    size, quality = 1.0 if size is None else float(size), 1 if quality is None else int(quality)
    gain_db = score.get("input_gain_db")
    try:
        if take.input_dbu is not None and is_number(gain_db) and not path.name.lower().endswith(AUDIO_ENDINGS):
            entered[load_model(path, size).heard_hash] = take.input_dbu - gain_db
        found = judge(path, take, size, quality, entered)
    except RigError as error:
        return str(error)
    if isinstance(found, Failure):
        return found.reason
    return replace(found, file=score["file"]).to_json()


def _is_figure(value: Any) -> bool:
    return is_number(value) or (isinstance(value, dict) and all(v is None or is_number(v) for v in value.values()))


def agree(name: str, stated: Any, again: Any) -> bool:
    """Whether a figure came out again, as near as it can on another processor."""
    if isinstance(stated, dict) and isinstance(again, dict):
        return stated.keys() == again.keys() and all(agree(name, stated[key], again[key]) for key in stated)
    if isinstance(stated, list) and isinstance(again, list):
        return len(stated) == len(again) and all(agree(name, a, b) for a, b in zip(stated, again, strict=True))
    if not is_number(stated) or not is_number(again):
        return bool(stated == again)
    if name in NULLS:
        stated, again = (power_from_db(min(value, MOST_DB)) for value in (stated, again))
    if name in NULLS or "esr" in name:
        return abs(stated - again) <= max(SMALLEST, RATIO * max(abs(stated), abs(again)))
    near = PRECISE.get(name, CLOSE_DB if name.endswith(("_db", "_lu", "_lufs")) else None)
    if near is None:
        return math.isclose(stated, again, rel_tol=OTHERWISE, abs_tol=1e-9)
    return abs(stated - again) <= near


def _apart(names: list[str], stated: Mapping[str, Any], again: Mapping[str, Any]) -> str:
    told = [f"{name} {_shown(stated[name])}, now {_shown(again[name])}" for name in names[:MOST_TOLD]]
    more = len(names) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more else "")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "some of its bands"
    return f"{value:.6g}" if is_number(value) else "none" if value is None else str(value)[:40]
