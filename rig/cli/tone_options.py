"""Tone and equalizer as options: behind the model, or in front of it, wherever one plays."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from ..dsp.tone.equalizer import USUAL_Q, EqBand, checked_bands
from ..dsp.tone.knobs import KNOBS, MOST_DB, NAMES, checked_tone_db
from ..errors import LevelError
from ..files.numbers import is_number

PLACES = ("before", "between")  # behind, where none is said


class _OneMore(argparse.Action):
    """Each one beside those before it; like `append`, which takes no tuple."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None) -> None:
        setattr(namespace, self.dest, (*getattr(namespace, self.dest), values))


def add_tone_options(command: Any, of: str = "") -> None:
    """Bass, middle, treble and presence behind the model, and the bands of an equalizer. `of`: whose they are."""
    tone = command.add_argument_group("tone" + (f" ({of})" if of else ""))
    for knob in KNOBS:
        tone.add_argument(
            f"--{knob.name}-db",
            type=float,
            default=0.0,
            metavar="X",
            help=f"{knob.text}, {-MOST_DB:g} to {MOST_DB:g} dB (default 0: nothing is changed)",
        )
    tone.add_argument(
        "--eq",
        action=_OneMore,
        default=(),
        metavar="BAND",
        help="a band of an equalizer, up to six: peak,800,-4 or low_shelf,150,-6,0.71,before (kind, Hz, dB, Q, and "
        "where, if not behind the model: before it, or between two)",
    )


def tone_of(options: argparse.Namespace) -> tuple[float, ...]:
    """Where the tone controls shall stand; raises a LevelError for where they cannot."""
    return tuple(checked_tone_db(name, getattr(options, name)) for name in NAMES)


def eq_of(options: argparse.Namespace) -> tuple[EqBand, ...]:
    """The equalizer; raises a LevelError for a band that cannot be."""
    return checked_bands([_band(text) for text in options.eq])


def is_tone_named(options: argparse.Namespace) -> bool:
    """Whether any of it was asked for."""
    return any(tone_of(options)) or bool(options.eq)


def take_kept_tone(options: argparse.Namespace, kept: Any) -> None:
    """Let the options be the tone that a test was begun with, as its result keeps it; what is none is left as it is."""
    if not isinstance(kept, dict):
        return
    for name in NAMES:
        if is_number(kept.get(name)):
            setattr(options, name, float(kept[name]))
    if options.blend is not None and is_number(kept.get("share")):
        options.blend = float(kept["share"])
    bands = kept.get("eq")
    if isinstance(bands, list) and all(isinstance(band, dict) for band in bands):
        options.eq = [_text(band) for band in bands if band.get("on", True)]


def _text(band: Mapping[str, Any]) -> str:
    """A band as `--eq` takes it."""
    place = next((place for place in PLACES if band.get(place)), None)
    numbers = (f"{band.get(name)}" for name in ("hz", "gain_db", "q"))
    return ",".join([str(band.get("type")), *numbers, *([place] if place else [])])


def _band(text: str) -> EqBand:
    kind, *parts = (part.strip() for part in text.split(","))
    place = parts.pop() if parts and parts[-1] in PLACES else None
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if not 2 <= len(numbers) <= 3:
        raise LevelError(f"--eq {text}: write kind, Hz and dB, and if you like Q and a place, as in peak,800,-4,1.4.")
    try:
        hz, gain_db, q = (*numbers, USUAL_Q)[:3]
        return EqBand(kind, hz, gain_db, q, place == "before", place == "between")  # type: ignore[arg-type]
    except LevelError as error:
        raise LevelError(f"--eq {text}: {str(error).replace('rig.EqBand', 'a band')}") from None
