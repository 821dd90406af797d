"""A capture from the first port to the last file; `capture` reads as its steps.

target -> wiring confirmed -> plugged in -> path tried -> take recorded -> cut, checked and written.

The order matters: everything that can be refused is refused before anything sounds, and nothing is written under the
capture's name before all of it is good.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ..audio.align import find_lag
from ..audio.measures import esr
from ..backends.jack.client import Jack
from ..decibels import db_from_power
from ..errors import CaptureError, RigError
from .checks.latency import MAX_LAG_SAMPLES
from .levels import CaptureLevels, advice_on_send
from .result.folder import checked_name, new_capture
from .result.gear_metadata import Gear
from .result.rejected import keep_somewhere
from .result.save import Saved, save_capture
from .signal.training_signal import Signal
from .take.operator import Operator, agreed
from .take.path_trial import try_path
from .take.recording import POST_ROLL, PRE_ROLL, Recording
from .take.retakes import RETAKES, TakeResult, record_take
from .take.tape_deck import TapeDeck, Why
from .take.wiring import CableCheck, Wiring, cable_check, connect, freewheeling, picture

BYTES_PER_SAMPLE = 20  # on disk: both files, what is kept of a rejected take, and some room
OVERHEAD_BYTES = 8_000_000
WAY_OUT: dict[Why, str] = {  # of a take that is not whole
    "xrun": "Choose a longer period, and let nothing else run.",
    "gap": "Choose a longer period, and let nothing else run.",
    "resize": "Let no program change the block size meanwhile.",
    "clipped": "Turn the return's gain down.",
    "gone": "Start the server and begin again.",
    "stopped": "Restart the server and begin again.",
    "unplugged": "Plug it in again and begin again.",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is wanted of a capture, decided before anything sounds.

    `send_trim_db` None: found by the level search; `latency_samples` None: the trainer's figure.
    """

    into: Path
    name: str
    wiring: Wiring  # from `choose_wiring`, on the same server
    signal: Signal
    levels: CaptureLevels = field(default_factory=CaptureLevels)
    gear: Gear = field(default_factory=Gear)
    send_trim_db: float | None = None
    latency_samples: int | None = None
    accept: bool = False
    self_test: bool = False
    trial: bool = True
    second_take: bool = False
    freewheel: bool = False
    retakes: int = RETAKES
    architecture: str = "standard"


def check_target(plan: Plan) -> None:
    """Raise a CaptureError where the capture could not be written, before anything sounds."""
    was_there = plan.into.exists()
    with new_capture(plan.into / checked_name(plan.name)) as new:
        new.discard()
        free = shutil.disk_usage(new.path).free
    if not was_there:
        plan.into.rmdir()
    needed = BYTES_PER_SAMPLE * (plan.signal.length + PRE_ROLL + POST_ROLL) + OVERHEAD_BYTES
    if free < needed:
        raise CaptureError(
            f"{plan.into}: {free / 1e6:.0f} MB are free, and a capture of {plan.signal.seconds:g} s needs "
            f"{needed / 1e6:.0f} MB; make room, or choose another folder with --into."
        )


def capture(backend: Jack, operator: Operator, plan: Plan) -> Saved:
    """Carry a plan out on a backend that is open and not yet started.

    Raises CaptureError or BackendError, and KeyboardInterrupt (Ctrl-C); what was recorded by then is kept aside, and a
    sentence says where.
    """
    check_target(plan)
    _confirm(backend, operator, plan)
    with TapeDeck(backend) as deck:
        connect(backend, plan.wiring)
        with freewheeling(backend, plan.freewheel):
            cables = cable_check(backend, plan.wiring)
            send_trim_db = _send_trim_db(deck, operator, plan, cables)
            taken, second = _record(deck, operator, plan, send_trim_db, cables)
    audio = _audio(backend, plan, taken)
    if taken.dropout is not None:
        _refuse(operator, plan, taken, audio)
    return _save(operator, plan, taken, second, audio)


def _confirm(backend: Jack, operator: Operator, plan: Plan) -> None:
    operator.say(picture(backend, plan.wiring, plan.gear.name or plan.name, plan.self_test))
    operator.say(_levels(plan.levels))
    if not agreed(operator, "Is everything wired like this?", "--yes"):
        raise CaptureError("Nothing was recorded: change the wiring, or choose other ports with --send and --return.")


def _levels(levels: CaptureLevels) -> str:
    if levels.input_level_dbu is None:
        return "Levels     not known (rig calibrate); the model will not say at which level it has to be played"
    sentence = advice_on_send(levels.input_level_dbu)
    back = "not known" if levels.output_level_dbu is None else f"{levels.output_level_dbu:.2f} dBu"
    said = f"Levels     send {levels.input_level_dbu:.2f} dBu at 0 dBFS ({levels.send_method}), return {back}"
    return f"{said}\n{sentence}" if sentence else said


def _send_trim_db(deck: TapeDeck, operator: Operator, plan: Plan, cables: CableCheck) -> float:
    """The digital gain to play with: given, found by trying the path, or none."""
    trim_db = plan.send_trim_db
    if plan.trial:
        trial = try_path(
            deck, operator, plan.signal, trim_db, self_test=plan.self_test, accept=plan.accept, cables=cables
        )
        trim_db = trial.send_trim_db
    return 0.0 if trim_db is None else trim_db


def _record(
    deck: TapeDeck, operator: Operator, plan: Plan, send_trim_db: float, cables: CableCheck
) -> tuple[TakeResult, TakeResult | None]:
    """The take, and a second one where it is wanted and the first is whole."""
    record = partial(
        record_take,
        deck,
        operator,
        plan.signal,
        cables=cables,
        may_trim=plan.send_trim_db is None,
        retakes=plan.retakes,
    )
    operator.say(
        f"Recording  {plan.signal.name}, {plan.signal.seconds:g} s, send trim {send_trim_db:+.1f} dB; "
        "hands off the gear"
    )
    taken = record(send_trim_db=send_trim_db)
    if not plan.second_take or taken.dropout is not None:
        return taken, None
    operator.say("Recording  the same once more, to know what the gear itself varies")
    second = record(send_trim_db=taken.send_trim_db)
    if second.dropout is not None and second.dropout.why == "ended":
        return replace(taken, dropout=replace(second.dropout, text=f"{second.dropout.text} of the second take")), None
    return taken, second if second.dropout is None else None


def _audio(backend: Jack, plan: Plan, taken: TakeResult) -> dict[str, Any]:
    """For the sidecar."""
    return {
        "server": "jack",
        "period": backend.block_size,
        "device": plan.wiring.send.partition(":")[0],
        **plan.wiring.to_json(),
        "freewheel": plan.freewheel,
        "self_test": plan.self_test,
        "torn_before": list(taken.mishaps),
    }


def _refuse(operator: Operator, plan: Plan, taken: TakeResult, audio: dict[str, Any]) -> NoReturn:
    """Keep a take that is not whole aside, and end: as it was ended by hand, or with the reason and the way out."""
    assert taken.dropout is not None
    reason = taken.dropout.text
    if taken.mishaps:
        reason += f", after {len(taken.mishaps)} others that were torn"
    kept = keep_somewhere(plan.into, plan.name, taken.samples, reason, audio)
    if taken.dropout.why == "ended":
        operator.say(f"{reason[0].upper()}{reason[1:]}. {kept}")
        raise KeyboardInterrupt
    raise CaptureError(f"The take is torn: {reason}. {WAY_OUT[taken.dropout.why]} {kept}")


def _save(operator: Operator, plan: Plan, taken: TakeResult, second: TakeResult | None, audio: dict[str, Any]) -> Saved:
    recording = Recording(taken.samples, audio=audio)
    latency = plan.latency_samples
    if latency is None:
        latency = _asked_latency(operator, plan, recording)
    if second is not None:
        audio["second_take"] = _difference(taken, second)
    try:
        return save_capture(
            plan.into,
            plan.name,
            plan.signal,
            recording,
            levels=plan.levels.with_trim(taken.send_trim_db),
            gear=plan.gear if plan.gear.name else replace(plan.gear, name=plan.name),
            latency_samples=latency,
            accept=plan.accept,
            self_test=plan.self_test,
            architecture=plan.architecture,
            tell=operator.say,
        )
    except RigError as error:
        kept = keep_somewhere(plan.into, plan.name, taken.samples, str(error), audio)
        raise CaptureError(f"{error} {kept}") from error
    except KeyboardInterrupt:
        reason = "ended by hand before it was written"
        operator.say(keep_somewhere(plan.into, plan.name, taken.samples, reason, audio))
        raise


def _asked_latency(operator: Operator, plan: Plan, recording: Recording) -> int | None:
    """Where the two figures do not agree, what the player says; None: the trainer's."""
    latency = recording.latency(plan.signal)
    if latency.agrees or plan.accept:
        return None
    operator.say(f"{str(latency)[0].upper()}{str(latency)[1:]}: these do not agree.")
    question = "How many samples are to be cut away? (Enter: leave it, and keep the take aside)"
    answer = operator.ask(question, "--latency-samples N", "").strip()
    return int(answer) if answer.lstrip("-").isdecimal() else None


def _difference(taken: TakeResult, second: TakeResult) -> dict[str, Any]:
    """How far two takes of the same gear differ: no model can come closer."""
    a, b = taken.samples.astype(np.float64), second.samples.astype(np.float64)
    lag = find_lag(a, b, max_lag_samples=MAX_LAG_SAMPLES)
    figure = esr(b, a)
    return {"esr": figure, "null_db": round(db_from_power(max(figure, 1e-30)), 1), "lag_samples": lag.samples}
