"""A capture from the first port to the last file: wiring, trial, take, checks, folder.

The order matters: everything that can be refused is refused before anything sounds, and nothing is written under the
capture's name before all of it is good.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..audio.align import find_lag
from ..audio.measures import esr
from ..backends.jack.client import Jack
from ..decibels import db_from_power
from ..errors import CaptureError, RigError
from .checks.latency import LONGEST
from .levels import CaptureLevels, advice_on_send
from .result.folder import checked_name, new_capture
from .result.gear_metadata import Gear
from .result.save import Saved, keep_broken_take, save_capture
from .signal.training_signal import Signal
from .take.level_search import try_path
from .take.operator import Operator, agreed
from .take.recording import POST_ROLL, PRE_ROLL, Recording
from .take.retakes import RETAKES, TakeResult, take
from .take.tape_deck import TapeDeck
from .take.wiring import Wiring, connect, freewheeling, picture, refuse_feedback, unplugged, wired

BYTES_PER_SAMPLE = 20  # on disk: both files, what is kept of a rejected take, and some room
OVERHEAD_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is wanted of a capture. Ports None: asked for. `send_trim_db` None: found by the level search."""

    into: Path
    name: str
    signal: Signal
    send: str | None = None
    returned: str | None = None
    levels: CaptureLevels = field(default_factory=CaptureLevels)
    gear: Gear = field(default_factory=Gear)
    send_trim_db: float | None = None
    latency_samples: int | None = None
    accept: bool = False
    self_test: bool = False
    try_first: bool = True
    second_take: bool = False
    freewheel: bool = False
    retakes: int = RETAKES
    size: str = "standard"


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
    wiring = wired(backend, operator, plan.send, plan.returned, None, plan.freewheel)
    check_target(plan)
    operator.say(picture(backend, wiring, plan.gear.name or plan.name, plan.self_test))
    operator.say(_levels(plan.levels))
    if not agreed(operator, "Is everything wired like this?", "--yes"):
        raise CaptureError("Nothing was recorded: change the wiring, or choose other ports with --send and --return.")
    with TapeDeck(backend) as deck:
        connect(backend, wiring)
        refuse_feedback(backend, wiring)
        with freewheeling(backend, plan.freewheel):
            taken, second = _take(backend, deck, operator, plan, wiring)
    return _keep(operator, plan, taken, second, _audio(backend, plan, wiring, taken))


def _levels(levels: CaptureLevels) -> str:
    if levels.input_level_dbu is None:
        return "Levels     not known (rig calibrate); the model will not say at which level it has to be played"
    sentence = advice_on_send(levels.input_level_dbu)
    back = "not known" if levels.output_level_dbu is None else f"{levels.output_level_dbu:.2f} dBu"
    said = f"Levels     send {levels.input_level_dbu:.2f} dBu at 0 dBFS ({levels.send_method}), return {back}"
    return f"{said}\n{sentence}" if sentence else said


def _take(
    backend: Jack, deck: TapeDeck, operator: Operator, plan: Plan, wiring: Wiring
) -> tuple[TakeResult, TakeResult | None]:
    trim = plan.send_trim_db
    if plan.try_first:
        found = try_path(
            deck,
            operator,
            plan.signal,
            trim,
            self_test=plan.self_test,
            accept=plan.accept,
            watch=lambda moment: unplugged(backend, wiring, moment.done),
        )
        trim = found.send_trim_db
    trim = 0.0 if trim is None else trim
    operator.say(
        f"Recording  {plan.signal.name}, {plan.signal.seconds:g} s, send trim {trim:+.1f} dB; hands off the gear"
    )

    def once(trim_db: float) -> TakeResult:
        return take(
            deck,
            operator,
            plan.signal,
            trim_db,
            lambda at: unplugged(backend, wiring, at),
            may_trim=plan.send_trim_db is None,
            retakes=plan.retakes,
        )

    taken = once(trim)
    second = None
    if plan.second_take and taken.dropout is None:
        operator.say("Recording  the same once more, to know what the gear itself varies")
        second = once(taken.send_trim_db)
        if second.dropout is not None and second.dropout.why == "ended":
            return replace(
                taken, dropout=replace(second.dropout, text=f"{second.dropout.text} of the second take")
            ), None
    return taken, second


def _audio(backend: Jack, plan: Plan, wiring: Wiring, taken: TakeResult) -> dict[str, Any]:
    """For the sidecar."""
    return {
        "server": "jack",
        "period": backend.block_size,
        "device": wiring.send.partition(":")[0],
        **wiring.to_json(),
        "freewheel": plan.freewheel,
        "self_test": plan.self_test,
        "torn_before": list(taken.mishaps),
    }


def _keep(operator: Operator, plan: Plan, taken: TakeResult, second: TakeResult | None, audio: dict[str, Any]) -> Saved:
    if taken.dropout is not None:
        reason = taken.dropout.text
        if taken.mishaps:
            reason += f", after {len(taken.mishaps)} others that were torn"
        kept = _kept_aside(plan, taken, reason, audio)
        if taken.dropout.why == "ended":
            operator.say(f"{reason[0].upper()}{reason[1:]}. {kept}")
            raise KeyboardInterrupt
        raise CaptureError(f"The take is torn: {reason}. {_advice(taken)} {kept}")
    recording = Recording(taken.samples, audio=audio)
    latency = plan.latency_samples
    if latency is None:
        latency = _asked_latency(operator, plan, recording)
    if second is not None and second.dropout is None:
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
            override=plan.accept,
            self_test=plan.self_test,
            size=plan.size,
            tell=operator.say,
        )
    except RigError as error:
        raise CaptureError(f"{error} {_kept_aside(plan, taken, str(error), audio)}") from error
    except KeyboardInterrupt:
        operator.say(_kept_aside(plan, taken, "ended by hand before it was written", audio))
        raise


def _asked_latency(operator: Operator, plan: Plan, recording: Recording) -> int | None:
    """Where the two figures do not agree, what the player says; None: the trainer's."""
    latency = recording.latency(plan.signal)
    if latency.agrees or plan.accept:
        return None
    operator.say(f"{str(latency)[0].upper()}{str(latency)[1:]}: these do not agree.")
    question = "How many samples are to be cut away? (Enter: leave it, and keep the take aside)"
    answer = operator.ask(question, "--latency N", "").strip()
    return int(answer) if answer.lstrip("-").isdecimal() else None


def _difference(taken: TakeResult, second: TakeResult) -> dict[str, Any]:
    """How far two takes of the same gear differ: no model can come closer."""
    a, b = taken.samples.astype(np.float64), second.samples.astype(np.float64)
    lag = find_lag(a, b, max_lag_samples=LONGEST)
    figure = esr(b, a)
    return {"esr": figure, "null_db": round(db_from_power(max(figure, 1e-30)), 1), "lag_samples": lag.samples}


def _kept_aside(plan: Plan, taken: TakeResult, reason: str, audio: dict[str, Any]) -> str:
    """Keep what was recorded; where it is, as a sentence."""
    if not len(taken.samples):
        return "Nothing had been recorded yet."
    for folder in (plan.into, Path(tempfile.gettempdir())):
        try:
            kept = keep_broken_take(folder, plan.name, taken.samples, reason, audio)
            return f"What was recorded is kept in {kept}."
        except RigError:
            continue
    return "What was recorded could not be kept anywhere."


def _advice(taken: TakeResult) -> str:
    assert taken.dropout is not None
    return {
        "xrun": "Choose a longer period, and let nothing else run.",
        "gap": "Choose a longer period, and let nothing else run.",
        "resize": "Let no program change the block size meanwhile.",
        "clipped": "Turn the return's gain down.",
        "gone": "Start the server and begin again.",
        "stopped": "Restart the server and begin again.",
        "unplugged": "Plug it in again and begin again.",
    }[taken.dropout.why]
