"""The arithmetic of gain staging: decibels, dBu, and the sums that end in a gain.

A dBu figure of an interface or of a model is always the same thing: the sine, in dBu RMS, that reads 0 dBFS peak.

    interface   at its instrument input, with the gain knob at minimum (makers print it as "maximum input level")
    model       `input_level_dbu`: at the jack of the captured gear; `output_level_dbu`: at the recording input

A guitar that is 0 dBFS at the interface has to reach the model as strong as the same voltage did in the capture, so

    input gain = interface level - model input level - gain dialled in

Every result here shows its whole sum, with the basis of each number, because levels are only as good as their source.
Source of the conventions: the metadata of `.nam` files and the NeuralAmpModeler plugin 0.7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from .decibels import db_from_gain, gain_from_db
from .errors import LevelError
from .scripting.arguments import finite, text

LevelMode = Literal["raw", "normalized", "calibrated"]
LEVEL_MODES: tuple[LevelMode, ...] = get_args(LevelMode)

FROM_MODEL = "model"  # basis of a level that the file itself states
ENTERED = "entered by you"  # basis of a level that the player typed in
MEASURED = "measured by rig"  # basis of a loudness that the file does not state
KNOB = {False: "gain knob", True: "gain, read from the interface"}  # by whether its driver tells the gain dialled in

NORMALIZED_DB = -18.0  # where "normalized" puts a model's loudness, as the plugin does
VOLTS_AT_0_DBU = math.sqrt(0.6)  # 0 dBu is 1 mW into 600 ohm: 0.7746 V RMS

# Beyond these a number is a typing error or broken metadata, not a level.
MAX_LEVEL_DBU = 60.0
MAX_LOUDNESS_DB = 60.0
MAX_PREAMP_GAIN_DB = 80.0
# No sum may send more than this to the ears, or take more away.
MAX_GAIN_DB = 60.0


def volts_rms_from_dbu(level_dbu: float) -> float:
    """Volts RMS of a level in dBu.

    >>> round(volts_rms_from_dbu(11.76), 2)
    3.0
    """
    return VOLTS_AT_0_DBU * gain_from_db(level_dbu)


def dbu_from_volts_rms(volts_rms: float) -> float:
    """Level in dBu of a voltage in volts RMS, as a multimeter shows it.

    >>> round(dbu_from_volts_rms(1.5), 2)
    5.74
    """
    if not (math.isfinite(volts_rms) and volts_rms > 0.0):
        raise LevelError(f"A voltage of {volts_rms} V has no level in dBu: it has to be above zero.")
    return db_from_gain(volts_rms / VOLTS_AT_0_DBU)


def input_gain_db(max_input_dbu: float, model_input_dbu: float, preamp_gain_db: float = 0.0) -> float:
    """Digital gain that makes the model hear the level it was trained at.

    >>> round(input_gain_db(12.2, 15.0), 1)
    -2.8
    """
    return max_input_dbu - model_input_dbu - preamp_gain_db


def normalized_gain_db(loudness_db: float) -> float:
    """Gain that brings a model's loudness (dB, as its metadata states it) to -18 dB.

    >>> normalized_gain_db(-14.5)
    -3.5
    """
    return NORMALIZED_DB - loudness_db


def calibrated_output_gain_db(model_output_dbu: float, max_input_dbu: float, preamp_gain_db: float = 0.0) -> float:
    """Gain after which 0 dBFS is worth the same dBu as at the interface's input, gain knob included.

    What follows then meets the voltage that the captured gear put out.

    >>> round(calibrated_output_gain_db(12.3, 12.2, 5.0), 1)
    5.1
    """
    return model_output_dbu - (max_input_dbu - preamp_gain_db)


@dataclass(frozen=True, slots=True)
class Level:
    """A level in dBu and where it comes from; ArgumentError or LevelError for what is no finite number.

    >>> print(Level(12.2, "Apollo 8x, article"))
    12.2 dBu (Apollo 8x, article)
    """

    dbu: float
    basis: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "dbu", finite("rig.Level", "dbu", self.dbu))
        text("rig.Level", "basis", self.basis)

    def __str__(self) -> str:
        return f"{_shown(self.dbu)} dBu ({self.basis})"


@dataclass(frozen=True, slots=True)
class Loudness:
    """How loud a model answers the trainer's test signal, in dB, and who says so; None: it has no answer to measure.

    >>> print(Loudness(-18.3, MEASURED))
    -18.3 dB (measured by rig)
    """

    db: float | None
    basis: str

    def __str__(self) -> str:
        return f"{'none' if self.db is None else f'{_shown(self.db)} dB'} ({self.basis})"


def entered_level(dbu: float, what: str) -> Level:
    """A level that the player typed in; `what` names it in the message if it cannot be right.

    >>> print(entered_level(15.0, "model input level"))
    15.0 dBu (entered by you)
    """
    if not (math.isfinite(dbu) and abs(dbu) <= MAX_LEVEL_DBU):
        raise LevelError(
            f"{what[:1].upper()}{what[1:]} of {dbu:g} dBu cannot be right: "
            f"it lies between -{MAX_LEVEL_DBU:g} and {MAX_LEVEL_DBU:g} dBu."
        )
    return Level(float(dbu), ENTERED)


def checked_preamp_gain_db(gain_db: float) -> float:
    """The gain dialled in on the interface (dB above its minimum), or a LevelError where it cannot be right."""
    if not (math.isfinite(gain_db) and 0.0 <= gain_db <= MAX_PREAMP_GAIN_DB):
        raise LevelError(
            f"A preamp gain of {gain_db:g} dB cannot be right: it is what the interface's gain knob adds above its "
            f"minimum, from 0 to {MAX_PREAMP_GAIN_DB:g} dB."
        )
    return float(gain_db)


@dataclass(frozen=True, slots=True)
class Term:
    """One number of a sum: `sign` says whether it is added or taken away."""

    value: float
    unit: str
    label: str
    sign: Literal[1, -1] = 1

    def __str__(self) -> str:
        return f"{_shown(self.value)} {self.unit} ({self.label})"


@dataclass(frozen=True, slots=True)
class Calibration:
    """The input gain and the sum it comes from.

    `missing` names what is not known and how to supply it; then nothing is invented: `gain_db` is 0 and `terms` empty.
    """

    gain_db: float
    terms: tuple[Term, ...] = ()
    missing: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.missing:
            return f"{_shown(self.gain_db)} dB: {' and '.join(self.missing)}"
        return _sum_text(self.terms, self.gain_db)


def calibration(
    interface: Level | None, model_input: Level | None, preamp_gain_db: float = 0.0, gain_is_read: bool = False
) -> Calibration:
    """The input gain for an interface, a model and the gain dialled in; `gain_is_read`: the driver tells.

    >>> print(calibration(Level(12.2, "Apollo 8x, article"), Level(15.0, "model"), 5.0))
    12.2 dBu (Apollo 8x, article) - 15.0 dBu (model) - 5.0 dB (gain knob) = -7.8 dB
    """
    preamp_gain_db = checked_preamp_gain_db(preamp_gain_db)
    missing = []
    if model_input is None:
        missing.append("the model says no input level (--model-input-dbu X supplies it)")
    elif not _believable(model_input.dbu, MAX_LEVEL_DBU):
        missing.append(
            f"the model's input level of {model_input.dbu:g} dBu cannot be right (--model-input-dbu X replaces it)"
        )
    if interface is None:
        missing.append("no interface is named (--interface NAME or --max-input-dbu X)")
    if missing or interface is None or model_input is None:
        return Calibration(0.0, missing=tuple(missing))
    terms = (
        Term(interface.dbu, "dBu", interface.basis),
        Term(model_input.dbu, "dBu", model_input.basis, -1),
        Term(preamp_gain_db, "dB", KNOB[gain_is_read], -1),
    )
    return Calibration(_limited(input_gain_db(interface.dbu, model_input.dbu, preamp_gain_db)), terms)


@dataclass(frozen=True, slots=True)
class OutputGain:
    """The gain after the model, the mode that is really in use, and the sum (or what is missing) in words."""

    gain_db: float
    mode: LevelMode
    text: str

    def __str__(self) -> str:
        return self.text


def output_gain(
    mode: LevelMode | None,
    loudness: Loudness | None,
    model_output_dbu: float | None,
    interface: Level | None,
    preamp_gain_db: float = 0.0,
    gain_is_read: bool = False,
) -> OutputGain:
    """The gain after the model in the mode asked for; `None` asks for normalized, the default.

    A mode whose data is missing gives way to raw, 0 dB, and the text names the mode and what it lacks.

    >>> print(output_gain(None, Loudness(-14.5, FROM_MODEL), None, None))
    normalized: -18.0 dB (target) - -14.5 dB (model loudness) = -3.5 dB
    >>> print(output_gain(None, Loudness(-21.3, MEASURED), None, None))
    normalized: -18.0 dB (target) - -21.3 dB (model loudness, measured by rig) = 3.3 dB
    >>> print(output_gain(None, None, None, None))
    raw: 0.0 dB, as the model says no loudness
    >>> print(output_gain("calibrated", None, 12.3, None))
    raw: 0.0 dB, as calibrated is not possible: no interface is named (--interface NAME or --max-input-dbu X)
    """
    if mode == "raw":
        return OutputGain(0.0, "raw", "raw: 0.0 dB")
    if mode == "calibrated":
        return _calibrated_output(model_output_dbu, interface, checked_preamp_gain_db(preamp_gain_db), gain_is_read)
    if loudness is None:
        return _raw_because("the model says no loudness")
    if loudness.db is None:
        return _raw_because("the model answers rig's test signal with silence or with what is not a number")
    if not _believable(loudness.db, MAX_LOUDNESS_DB):
        return _raw_because(f"the model's loudness of {loudness.db:g} dB cannot be right")
    label = "model loudness" if loudness.basis == FROM_MODEL else f"model loudness, {loudness.basis}"
    terms = (Term(NORMALIZED_DB, "dB", "target"), Term(loudness.db, "dB", label, -1))
    gain_db = _limited(normalized_gain_db(loudness.db))
    return OutputGain(gain_db, "normalized", f"normalized: {_sum_text(terms, gain_db)}")


def _calibrated_output(
    model_output_dbu: float | None, interface: Level | None, preamp_gain_db: float, gain_is_read: bool
) -> OutputGain:
    missing = []
    if model_output_dbu is None:
        missing.append("the model says no output level")
    elif not _believable(model_output_dbu, MAX_LEVEL_DBU):
        missing.append(f"the model's output level of {model_output_dbu:g} dBu cannot be right")
    if interface is None:
        missing.append("no interface is named (--interface NAME or --max-input-dbu X)")
    if missing or interface is None or model_output_dbu is None:
        return _raw_because(f"calibrated is not possible: {' and '.join(missing)}")
    terms = (
        Term(model_output_dbu, "dBu", FROM_MODEL),
        Term(interface.dbu, "dBu", interface.basis, -1),
        Term(preamp_gain_db, "dB", KNOB[gain_is_read]),
    )
    gain_db = _limited(calibrated_output_gain_db(model_output_dbu, interface.dbu, preamp_gain_db))
    return OutputGain(gain_db, "calibrated", f"calibrated: {_sum_text(terms, gain_db)}")


@dataclass(frozen=True, slots=True)
class BetweenGain:
    """The gain between two models in a row, and the sum it comes from, in words; `in_volts`: both levels are known."""

    gain_db: float
    in_volts: bool
    text: str

    def __str__(self) -> str:
        return self.text


def between_gain(
    first_output_dbu: float | None, second_input: Level | None, first_loudness: Loudness, guitar_db: float
) -> BetweenGain:
    """The gain that makes a model hear the volts which the one in front of it puts out.

    Where a level is missing the loudness of the first decides: the second hears it as loud as it would the guitar
    itself. `guitar_db`: what `first_loudness` would be of a model that changes nothing.

    >>> print(between_gain(12.0, Level(15.0, "model"), Loudness(-14.5, FROM_MODEL), -15.0))
    12.0 dBu (first model) - 15.0 dBu (second model) = -3.0 dB
    >>> print(between_gain(None, Level(15.0, "model"), Loudness(-14.5, FROM_MODEL), -15.0))
    -15.0 dB (guitar) - -14.5 dB (first model's loudness) = -0.5 dB, not in volts: the first model says no output level
    """
    missing = []
    if first_output_dbu is None:
        missing.append("the first model says no output level")
    elif not _believable(first_output_dbu, MAX_LEVEL_DBU):
        missing.append(f"the first model's output level of {first_output_dbu:g} dBu cannot be right")
    if second_input is None:
        missing.append("the second model says no input level")
    elif not _believable(second_input.dbu, MAX_LEVEL_DBU):
        missing.append(f"the second model's input level of {second_input.dbu:g} dBu cannot be right")
    if first_output_dbu is not None and second_input is not None and not missing:
        basis = "second model" if second_input.basis == FROM_MODEL else f"second model, {second_input.basis}"
        terms = (Term(first_output_dbu, "dBu", "first model"), Term(second_input.dbu, "dBu", basis, -1))
        gain_db = _limited(first_output_dbu - second_input.dbu)
        return BetweenGain(gain_db, True, _sum_text(terms, gain_db))
    why = " and ".join(missing)
    if first_loudness.db is None or not _believable(first_loudness.db, MAX_LOUDNESS_DB):
        return BetweenGain(0.0, False, f"0.0 dB, as {why} and no loudness of the first is known")
    by = "" if first_loudness.basis == FROM_MODEL else f", {first_loudness.basis}"
    terms = (
        Term(guitar_db, "dB", "guitar"),
        Term(first_loudness.db, "dB", f"first model's loudness{by}", -1),
    )
    gain_db = _limited(guitar_db - first_loudness.db)
    return BetweenGain(gain_db, False, f"{_sum_text(terms, gain_db)}, not in volts: {why}")


def _raw_because(reason: str) -> OutputGain:
    return OutputGain(0.0, "raw", f"raw: 0.0 dB, as {reason}")


def _believable(value: float, limit: float) -> bool:
    return math.isfinite(value) and abs(value) <= limit


def _limited(gain_db: float) -> float:
    return max(-MAX_GAIN_DB, min(MAX_GAIN_DB, gain_db))


def _sum_text(terms: tuple[Term, ...], gain_db: float) -> str:
    text = str(terms[0])
    for term in terms[1:]:
        text += f" {'+' if term.sign > 0 else '-'} {term}"
    exact_db = sum(term.sign * term.value for term in terms)
    limited = "" if abs(exact_db - gain_db) < 1e-9 else f", limited to {_shown(gain_db)} dB"
    return f"{text} = {_shown(exact_db)} dB{limited}"


def _shown(value: float) -> str:
    """Two decimals where they say something, else one: published levels come as 12.2 and as 5.74."""
    text = f"{round(value, 2) + 0.0:.2f}"
    return text[:-1] if text.endswith("0") else text
