"""A capture from the first port to the last file; `capture` reads as its steps.

target -> wiring confirmed -> plugged in -> path tried -> take recorded -> cut, checked and written.

The order matters: everything that can be refused is refused before anything sounds, what has been recorded is on disk
before anything else is tried with it, and nothing is written under the capture's name before all of it is good.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from ..audio.align import find_lag
from ..audio.measures import esr
from ..backends.jack.client import Jack
from ..decibels import db_from_power
from ..errors import CaptureError, RigError
from .checks.cable import Loop
from .checks.latency import MAX_LAG_SAMPLES
from .levels import CaptureLevels
from .plan import Plan
from .result.folder import checked_name, new_capture
from .result.rejected import TakeOnDisk
from .result.save import Saved, save_capture
from .take.operator import Operator
from .take.path_trial import try_path
from .take.recording import POST_ROLL, PRE_ROLL, Recording
from .take.retakes import TakeResult, record_take
from .take.tape_deck import TapeDeck, Why
from .take.wiring import CableCheck, cable_check, connect, freewheeling
from .wiring_confirmed import confirmed

UNJUDGED = "rig ended before the take was judged"
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
    "failed": "This is a fault of rig itself: please report it.",
}

JOINING_TEARS: tuple[Why, ...] = ("xrun", "gap", "stopped")  # what a server does when a client comes or goes


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
    sentence says where, whatever it was that failed.
    """
    check_target(plan)
    return carry_out(backend, operator, confirmed(backend, operator, plan))


def carry_out(backend: Jack, operator: Operator, plan: Plan) -> Saved:
    """The same for a plan that is confirmed already (`wiring_confirmed.py`)."""
    on_disk = TakeOnDisk(plan.into, plan.name)
    try:
        return _take(backend, operator, plan, on_disk)
    except KeyboardInterrupt as ended:
        how = str(ended)
        if how or on_disk.folder is not None:
            operator.say(f"{how} {on_disk.sentence}".strip())
        raise
    except RigError as error:
        if on_disk.folder is None:
            raise
        on_disk.explain({"reason": str(error)})
        raise CaptureError(f"{error} {on_disk.sentence}") from error
    except Exception as error:  # whatever fails, memory and the libraries included: the take is not lost
        if on_disk.folder is None:
            raise
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        on_disk.explain({"reason": f"rig itself failed: {what}"})
        raise CaptureError(
            f"The take could not be finished, as rig itself failed ({what}). {on_disk.sentence}"
        ) from error


def _take(backend: Jack, operator: Operator, plan: Plan, on_disk: TakeOnDisk) -> Saved:
    with TapeDeck(backend) as deck:
        connect(backend, plan.wiring)
        with freewheeling(backend, plan.freewheel):
            cables = cable_check(backend, plan.wiring)
            send_trim_db = _send_trim_db(deck, operator, plan, cables)
            audio, ports = _audio(backend, plan), backend.ports_changed
            taken = _record(deck, operator, plan, send_trim_db, cables)
            joined = backend.ports_changed != ports
            audio["torn_before"] = list(taken.mishaps)
            on_disk.store(taken.samples, _torn(taken) or UNJUDGED, audio)
            second = None
            if taken.dropout is None and plan.second_take:
                second = _second(deck, operator, plan, taken, cables)
    if taken.dropout is not None:
        _refuse(taken, on_disk, _torn(taken), joined)
    if second is not None and second.dropout is not None and second.dropout.why == "ended":
        _refuse(second, on_disk, f"{second.dropout.text} of the second take")
    return _save(operator, plan, taken, second if second is None or second.dropout is None else None, audio, on_disk)


def _send_trim_db(deck: TapeDeck, operator: Operator, plan: Plan, cables: CableCheck) -> float:
    """The digital gain to play with: given, found by trying the path, or none."""
    trim_db = plan.send_trim_db
    if plan.trial:
        trial = try_path(
            deck, operator, plan.signal, trim_db, self_test=plan.self_test, accept=plan.accept, cables=cables
        )
        trim_db = trial.send_trim_db
    return 0.0 if trim_db is None else trim_db


def _record(deck: TapeDeck, operator: Operator, plan: Plan, send_trim_db: float, cables: CableCheck) -> TakeResult:
    operator.say(
        f"Recording  {plan.signal.name}, {plan.signal.seconds:g} s, send trim {send_trim_db:+z.1f} dB; "
        "hands off the gear"
    )
    may_trim = plan.send_trim_db is None
    return record_take(deck, operator, plan.signal, send_trim_db, cables, may_trim=may_trim, retakes=plan.retakes)


def _second(deck: TapeDeck, operator: Operator, plan: Plan, taken: TakeResult, cables: CableCheck) -> TakeResult:
    operator.say("Recording  the same once more, to know what the gear itself varies")
    return record_take(deck, operator, plan.signal, taken.send_trim_db, cables, may_trim=False, retakes=plan.retakes)


def _audio(backend: Jack, plan: Plan) -> dict[str, Any]:
    """For the sidecar."""
    return {
        "server": "jack",
        "period": backend.block_size,
        "device": plan.wiring.send.partition(":")[0],
        **plan.wiring.to_json(),
        "freewheel": plan.freewheel,
        "self_test": plan.self_test,
    }


def _torn(taken: TakeResult) -> str:
    """Why a take is not whole; empty: it is."""
    if taken.dropout is None:
        return ""
    others = f", after {len(taken.mishaps)} others that were torn" if taken.mishaps else ""
    return taken.dropout.text + others


def _refuse(taken: TakeResult, on_disk: TakeOnDisk, reason: str, joined: bool = False) -> NoReturn:
    """End with a take that is not whole: as it was ended by hand, or with the reason and the way out.

    `joined`: ports came or went meanwhile.
    """
    assert taken.dropout is not None
    on_disk.explain({"reason": reason})
    if taken.dropout.why == "ended":
        raise KeyboardInterrupt(f"{reason[0].upper()}{reason[1:]}.")
    nowhere = "" if on_disk.folder is not None else f" {on_disk.sentence}"
    way_out = WAY_OUT[taken.dropout.why]
    if joined and taken.dropout.why in JOINING_TEARS:
        way_out = "Another program joined the server or left it meanwhile: let none start or end during a take."
    raise CaptureError(f"The take is torn: {reason}. {way_out}{nowhere}")


def _save(
    operator: Operator,
    plan: Plan,
    taken: TakeResult,
    second: TakeResult | None,
    audio: dict[str, Any],
    on_disk: TakeOnDisk,
) -> Saved:
    recording = Recording(taken.samples, audio=audio)
    latency = plan.latency_samples
    if latency is None:
        latency = _asked_latency(operator, plan, recording)
    if second is not None:
        audio["second_take"] = _difference(taken, second)
    levels = plan.levels.with_trim(taken.send_trim_db)
    return save_capture(
        plan.into,
        plan.name,
        plan.signal,
        recording,
        levels=levels,
        gear=plan.gear if plan.gear.name else replace(plan.gear, name=plan.name),
        latency_samples=latency,
        accept=plan.accept,
        self_test=plan.self_test,
        loop=_loop(levels, plan.round_trip_samples),
        repair_drift=plan.repair_drift,
        architecture=plan.architecture,
        on_disk=on_disk,
        tell=operator.say,
    )


def _loop(levels: CaptureLevels, round_trip_samples: float | None) -> Loop:
    send, back = levels.input_level_dbu, levels.output_level_dbu
    return Loop(None if send is None or back is None else send - back, round_trip_samples)


def _asked_latency(operator: Operator, plan: Plan, recording: Recording) -> int | None:
    """Where the figures do not agree, what the player says; None: the tightest cut."""
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
