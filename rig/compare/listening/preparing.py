"""From a take and candidates to a test: all sounds in step, equally long and equally loud, with anchors.

What is written into `setup` of test.json:

    created, rig                    when, and the version of rig
    dry, wet, input_basis           of the take: names and SHA-256
    sample_rate, fade_s             of every sound
    cabinet                         null, or the response that stands behind all: name, SHA-256
    loudness                        measure, target and what each section got: see `LOUDNESS`
    heard_over                      headphones, loudspeakers, ... as it was stated; null: it was not
    conditions                      [{"kind", "name", "file", "how"}, ...], channel by channel
    sections                        [{"start_s", "stop_s", "why", "like", "samples",
                                      "file_sha256" (of sounds/N.wav),
                                      "stimuli": [{"sha256", "gain_db", "loudness_lufs"}, ...]}, ...]
    notes                           sentences: where this is less than the recommendation asks

`how` of a candidate: {"is": "model" or "recording", "sha256", "figures"}, the figures as `rig compare` gives them; of
an anchor its filter, and `lost_db`: what it took away from the gear in each section, in dB re the gear. `gain_db`: by
which a sound was made as loud as the others; `loudness_lufs`: what it then has.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import __version__
from ...audio.loudness import own_lufs
from ...audio.measures import esr, peak
from ...cabinet.ir import IR
from ...decibels import db_from_gain, db_from_power, gain_from_db
from ...errors import CompareError
from ...files.folders import telling_names
from ...files.hashing import sha256_of
from ...library.entered_levels import input_levels
from ..abx_file import now
from ..models import Kept, take_files
from ..pair import Take, TakeFiles, open_take
from .anchors import ANCHORS, filtered, taps
from .lined_up import LinedUp, lined_up
from .prepared import FILE, MOST_SECTIONS, Prepared, Sounds, sound_hash
from .scale import FADE_S, MOST_CANDIDATES, sections_wanted
from .sections import LEAST_S, Section, chosen, level_in_words, named

TARGET_LUFS = -26.0  # of one channel: -23 LUFS from both speakers, as EBU R 128 has it
MOST_PEAK_DBFS = -1.0
WEAK_ANCHOR_DB = -50.0  # an anchor that loses less than this in every section sounds like the gear
LOUDNESS = (
    "ITU-R BS.1770, each sound gated by its own -10 LU, over the whole loop with its fades; the reference, the anchors "
    "and the candidates of every section get the gain that brings them to one value"
)
Signal = NDArray[np.float64]


def prepare(
    dry: str | os.PathLike[str] | TakeFiles,
    wet: str | os.PathLike[str] | None,
    candidates: Sequence[Path],
    folder: Path,
    *,
    sections: Sequence[str] = (),
    count: int | None = None,
    cabinet: Path | None = None,
    size: float = 1.0,
    quality: int = 1,
    capture_dbu: float | Kept | None = "kept",
    channel: int | None = None,
    heard_over: str | None = None,
    progress: Callable[[float], None] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Prepared:
    """Make a test of up to 8 candidates (.nam files and recordings) against a take, in a folder.

    `dry`, `wet`, `capture_dbu`, `channel`, `size`, `quality`: as for `rig compare`. `sections`: such as "12-20", in s;
    else `count` of them are chosen (None: as many as the recommendation wants, or the take holds). `cabinet`: an
    impulse response behind everything, where the take was made without one. Raises RigError where nothing can be made.
    """
    files = take_files(dry, wet, capture_dbu, None, channel)
    paths = [Path(each) for each in candidates]
    if not 1 <= len(paths) <= MOST_CANDIDATES:
        raise CompareError(f"Between 1 and {MOST_CANDIDATES} candidates can be listened to at once, not {len(paths)}.")
    if count is not None and not 1 <= count <= MOST_SECTIONS:
        raise CompareError(f"A test has 1 to {MOST_SECTIONS} sections, not {count}.")
    if (folder / FILE).exists():
        raise CompareError(f"{folder.name} holds a test already; choose another name, or go on with that one.")
    take = open_take(files)
    rate, wanted = take.sample_rate, count or sections_wanted(len(paths))
    for anchor in ANCHORS:
        taps(anchor, rate)  # refused before anything is rendered
    parts = named(list(sections), len(take.wet), rate) if sections else chosen(take.dry, take.wet, rate, wanted)
    ir = IR.load(cabinet, sample_rate=rate, convention="unity") if cabinet is not None else None
    names = telling_names(paths)
    entered = input_levels(tell=tell or (lambda sentence: None))
    voices = []
    for number, (path, name) in enumerate(zip(paths, names, strict=True), 1):
        voices.append(lined_up(path, name, take, size=size, quality=quality, entered_dbu=entered))
        if progress is not None:
            progress(0.6 * number / len(paths))
    sounds, told = [], []
    lost_db: list[list[float]] = [[] for _ in ANCHORS]
    for number, section in enumerate(parts, 1):
        raw = _raw(take, voices, section, ir)
        for lost, low in zip(lost_db, raw[1:], strict=False):
            lost.append(round(db_from_power(esr(low, raw[0])), 1))
        made, gains_db = _levelled(raw, rate, section, ["the gear", *(a.name for a in ANCHORS), *names])
        sounds.append(made)
        told.append((section, gains_db))
        if progress is not None:
            progress(0.6 + 0.4 * number / len(parts))
    lowered_db = _lowered_db(sounds)
    sounds = [np.ascontiguousarray(each * np.float32(gain_from_db(lowered_db))) for each in sounds]
    setup: dict[str, Any] = {
        "created": now(),
        "rig": __version__,
        "dry": {"name": files.dry.name, "sha256": sha256_of(files.dry)},
        "wet": {"name": files.wet.name, "sha256": sha256_of(files.wet)},
        "input_dbu": files.input_dbu,
        "input_basis": files.input_basis,
        "sample_rate": rate,
        "fade_s": FADE_S,
        "cabinet": None if ir is None else {"name": ir.name, "sha256": ir.content_hash},
        "loudness": {"measure": LOUDNESS, "target_lufs": TARGET_LUFS + lowered_db},
        "heard_over": heard_over,
        "conditions": [
            {"kind": "reference", "name": files.wet.name, "file": str(files.wet.absolute()), "how": {}},
            *(
                {"kind": a.kind, "name": a.name, "file": None, "how": {**a.to_json(), "lost_db": lost}}
                for a, lost in zip(ANCHORS, lost_db, strict=True)
            ),
            *({"kind": "candidate", "name": v.name, "file": str(v.path.absolute()), "how": v.how} for v in voices),
        ],
        "sections": [
            _section_json(section, x, gains, lowered_db, take) for (section, gains), x in zip(told, sounds, strict=True)
        ],
        "notes": [*_notes(take, parts, bool(sections), len(paths), heard_over, ir), *_weak_anchors(lost_db)],
    }
    return Prepared.create(folder, setup, sounds)


def _raw(take: Take, voices: Sequence[LinedUp], section: Section, ir: IR | None) -> list[Signal]:
    """Every sound of a section as it is: the gear, its anchors, the candidates; (samples,) each, cabinet included."""
    rate = take.sample_rate
    reach = max(len(taps(anchor, rate)) for anchor in ANCHORS)
    tail = 0 if ir is None else ir.taps.shape[1]
    begin, end = max(0, section.start - reach - tail), min(len(take.wet), section.stop + reach)
    gear = _through(ir, np.asarray(take.wet[begin:end], np.float64))
    inside = slice(section.start - begin, section.stop - begin)
    found = [gear[inside], *(filtered(anchor, gear, rate)[inside] for anchor in ANCHORS)]
    found += [_through(ir, voice.part(begin, end))[inside] for voice in voices]
    return [x - x.mean() for x in found]  # a constant is no sound, but a thump at every press


def _through(ir: IR | None, x: Signal) -> Signal:
    """x behind the cabinet, as long as x; of a stereo response the left side."""
    if ir is None:
        return x
    from scipy.signal import oaconvolve

    return np.asarray(oaconvolve(x, ir.taps[0].astype(np.float64))[: len(x)], np.float64)


def faded(x: Signal, rate: int) -> Signal:
    """x, (n,), with a raised cosine of 5 ms at both ends: as a loop it has no click."""
    n = min(round(FADE_S * rate), len(x) // 2)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / n)
    y = x.copy()
    y[:n] *= ramp
    y[len(y) - n :] *= ramp[::-1]
    return y


def _levelled(raw: Sequence[Signal], rate: int, section: Section, names: Sequence[str]) -> tuple[Sounds, list[float]]:
    """All of a section, faded and equally loud, (conditions, samples), and the gain in dB that each got."""
    found, gains_db = [], []
    for x, name in zip(raw, names, strict=True):
        y = faded(x, rate)
        loud = own_lufs(y, rate)
        if not np.isfinite(loud):
            raise CompareError(
                f"{name} is silent from {section.start / rate:.1f} to {section.stop / rate:.1f} s of the take; name "
                "other sections (--section)."
            )
        gains_db.append(TARGET_LUFS - loud)
        found.append((y * gain_from_db(gains_db[-1])).astype(np.float32))
    return np.array(found), gains_db


def _lowered_db(sounds: Sequence[Sounds]) -> float:
    """By how much the whole test has to be softer, so that no sound of it reaches full scale; 0 or less."""
    highest = max(peak(each.ravel()) for each in sounds)
    return min(0.0, MOST_PEAK_DBFS - db_from_gain(highest))


def _section_json(
    section: Section, x: Sounds, gains_db: Sequence[float], lowered_db: float, take: Take
) -> dict[str, Any]:
    rate = take.sample_rate
    return {
        "start_s": section.start / rate,
        "stop_s": section.stop / rate,
        "why": section.why,
        "like": level_in_words(take.wet[section.start : section.stop], rate),
        "samples": x.shape[1],
        "stimuli": [
            {
                "sha256": sound_hash(each),
                "gain_db": round(gain + lowered_db, 3),
                "loudness_lufs": round(own_lufs(each, rate), 3),
            }
            for each, gain in zip(x, gains_db, strict=True)
        ],
    }


def _notes(
    take: Take, parts: Sequence[Section], are_named: bool, candidates: int, heard_over: str | None, ir: IR | None
) -> list[str]:
    """Where the test is less than the recommendation asks, and what is odd about the take."""
    wanted, notes = sections_wanted(candidates), [*take.warnings]
    notes += [f"PROBLEM of the take: {fault}" for fault in take.faults]
    if len(parts) < wanted:
        held = "" if are_named else f"; the take holds no more of {LEAST_S:g} s and longer"
        notes.append(f"{len(parts)} sections, where BS.1534-3 (7.1) wants {wanted} for {candidates} candidates{held}")
    if any("trained on" in each.why for each in parts):
        notes.append("sections of a training signal before its last 9 s are what models were trained on")
    if heard_over is None:
        notes.append("whether headphones or loudspeakers are used was not stated (--over)")
    if ir is not None and ir.channels == 2:
        notes.append(f"{ir.name} is stereo: its left side stands behind everything")
    return notes


def _weak_anchors(lost_db: Sequence[Sequence[float]]) -> list[str]:
    """Anchors that take nothing away: a guitar cabinet has little above 7 kHz."""
    return [
        f"the {anchor.kind} ({anchor.name}) takes away no more than {max(lost):.0f} dB re the gear, in any section: it "
        "can hardly be told from it"
        for anchor, lost in zip(ANCHORS, lost_db, strict=True)
        if max(lost) < WEAK_ANCHOR_DB
    ]
