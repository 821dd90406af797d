"""Before anything sounds: is it wired like this, over these ports? And are the levels known, or measured now?"""

from __future__ import annotations

from dataclasses import replace

from ..backends.jack.client import Jack
from ..errors import CaptureError, ConfigError
from ..library.calibrated_levels import KnownLevel, remember, today
from .calibration import read_tone, volts_while_it_plays
from .levels import CaptureLevels, advice_on_send, return_level_dbu, send_level_dbu
from .plan import Plan
from .take.operator import Operator, agreed
from .take.tape_deck import TapeDeck
from .take.wiring import Wiring, choose_wiring, connect, picture

TONE_DBFS = -12.0
QUESTION = "Is everything wired like this?"
PORTS, MEASURE = "p: other ports", "m: measure the levels now"  # what else may be answered


def confirmed(backend: Jack, operator: Operator, plan: Plan) -> Plan:
    """The plan with the ports and levels that are agreed to; the backend has not been started.

    Raises CaptureError where the wiring is not right.
    """
    while True:
        operator.say(picture(backend, plan.wiring, plan.gear.name or plan.name, plan.self_test))
        operator.say(levels_in_words(plan.levels))
        may_measure = plan.levels.input_level_dbu is None and not plan.self_test and not plan.freewheel
        more = "; ".join([PORTS, *([MEASURE] if may_measure else [])])
        answer = operator.ask(f"{QUESTION} ({more}) [Y/n]", "--yes", "y").strip().casefold()
        if answer in ("y", "yes"):
            return plan
        try:
            if answer == "p":
                plan = replace(plan, wiring=choose_wiring(backend, operator, None, None, plan.wiring, plan.freewheel))
            elif answer == "m" and may_measure:
                plan = replace(plan, levels=measured_levels(backend, operator, plan.wiring))
            else:
                break
        except CaptureError as error:
            operator.say(str(error))
    raise CaptureError("Nothing was recorded: change the wiring, or choose other ports with --send and --return.")


def levels_in_words(levels: CaptureLevels) -> str:
    """What is known of both levels, and how to know more."""
    if levels.input_level_dbu is None:
        return "Levels     not known (rig calibrate); the model will not say at which level it has to be played"
    sentence = advice_on_send(levels.input_level_dbu)
    back = "not known" if levels.output_level_dbu is None else f"{levels.output_level_dbu:.2f} dBu"
    said = f"Levels     send {levels.input_level_dbu:.2f} dBu at 0 dBFS ({levels.send_method}), return {back}"
    return f"{said}\n{sentence}" if sentence else said


def measured_levels(backend: Jack, operator: Operator, wiring: Wiring) -> CaptureLevels:
    """The send by a multimeter and, if a cable is plugged in, the return by the send; kept for the next time.

    Raises CaptureError for what is no voltage.
    """
    operator.say(
        f"Unplug the cable of {wiring.send} from the gear and hold the meter (AC volts, true RMS) to its tip and "
        f"sleeve. 1 kHz plays at {TONE_DBFS:g} dBFS."
    )
    with TapeDeck(backend) as deck:
        connect(backend, wiring)
        send_dbu = round(send_level_dbu(volts_while_it_plays(deck, operator, TONE_DBFS), TONE_DBFS), 2)
        _keep(operator, send=KnownLevel(send_dbu, "multimeter", today()))
        operator.say(f"The send gives {send_dbu:.2f} dBu at 0 dBFS.")
        cable = f"Is its cable in {wiring.returned} now, to measure the return as well?"
        if not agreed(operator, cable, "--return-dbu X", "n"):
            return CaptureLevels(send_dbu, "multimeter")
        try:
            read = read_tone(deck, operator, TONE_DBFS)
        except CaptureError as error:
            operator.say(str(error))
            return CaptureLevels(send_dbu, "multimeter")
        return_dbu = round(return_level_dbu(send_dbu, TONE_DBFS, read), 2)
        _keep(operator, returned=KnownLevel(return_dbu, "multimeter", today()))
        operator.say(f"The return reads 0 dBFS at {return_dbu:.2f} dBu. Plug the gear in again.")
    return CaptureLevels(send_dbu, "multimeter", return_dbu, "multimeter")


def _keep(operator: Operator, **known: KnownLevel) -> None:
    try:
        remember(**known)  # type: ignore[arg-type]
    except ConfigError as error:
        operator.say(str(error))
