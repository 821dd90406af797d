"""Everything in order: the server, the machine, what would be played. What fails does not hide the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..backends.jack.client import Jack
from ..cabinet.ir import IR
from ..errors import RigError, ServerGone
from ..knob.cards import Wanted, input_of
from ..levels import Level
from ..library import entered_levels
from ..library.interfaces import Interface
from ..sound import Sound
from . import echo, limits, listening, playing, processor
from .command_name import command_name
from .finding import Finding
from .knob import knob
from .soundcard import cards

USUAL_RATE_HZ, USUAL_BLOCK = 48000, 64  # the cost is told for these where no server runs
LISTEN_S = 3.0
CLIENT = "rig-doctor"
NOT_READ = Wanted(is_on=False)


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked at. `ir_named`: the cabinet was asked for; `input`, `output`: ports as in `rig play`.

    `noise`: soft noise may be played. `root`: where the system's files are read.
    """

    model: Path
    ir: Path | None = None
    ir_named: bool = False
    size: float = 1.0
    interface: Level | None = None
    interface_problem: str | None = None  # why what was kept of it cannot be read
    preamp_gain_db: float = 0.0
    knob: Wanted = NOT_READ  # whether, and where from, the gain is read
    row: Interface | None = None  # the interface in the table
    model_input_dbu: float | None = None
    input: str | None = None
    output: str | None = None
    seconds: float = LISTEN_S
    noise: bool = False
    root: Path = Path("/")


def examine(question: Question, tell: Callable[[str], None] = lambda text: None) -> list[Finding]:
    """Look at everything; `tell` hears what takes a moment. Raises BackendError for ports that do not exist."""
    model, first = playing.model_finding(question.model, question.size)
    ir, ir_problems = _cabinet(question)
    sound = Sound(
        model,
        interface=question.interface,
        preamp_gain_db=question.preamp_gain_db,
        model_input_dbu=_model_input_dbu(question, model),
    )
    heard, live = _live(question, sound.changed(ir=ir), tell)
    rate, block = (heard.sample_rate, heard.block_size) if heard is not None else (None, USUAL_BLOCK)
    found = [*live, limits.memlock(question.root), processor.governor(question.root), first, *ir_problems]
    if model is not None:
        worst = heard.worst if heard is not None else None
        found += [
            playing.cost(model, rate or USUAL_RATE_HZ, block, worst),
            playing.aliasing(model, rate or USUAL_RATE_HZ, block),
            playing.rate(sound, rate),
            playing.cabinet(model, None if model.has_cabinet and not question.ir_named else ir, question.ir_named),
        ]
    port = heard.input if heard is not None else question.input
    knobs, force = knob(question.knob, question.interface, question.row, input_of([port] if port else []))
    found += knobs
    if force is not None:
        sound = sound.changed(interface=force.level)
    if force is not None and force.gain_db is not None:
        sound = sound.changed(preamp_gain_db=force.gain_db, gain_is_read=True)
    if question.interface_problem is not None:
        found.append(
            Finding("levels", "problem", question.interface_problem, "rig calibrate interface writes it anew.")
        )
    elif model is not None:
        found.append(playing.calibration(sound))
    found.append(command_name())
    return found


def _cabinet(question: Question) -> tuple[IR | None, list[Finding]]:
    if question.ir is None:
        return None, []
    try:
        return IR.load(question.ir), []
    except RigError as error:
        return None, [Finding("cabinet file", "problem", str(error), "Name another cabinet: rig doctor MODEL IR.")]


def _model_input_dbu(question: Question, model: Any) -> float | None:
    if question.model_input_dbu is not None or model is None:
        return question.model_input_dbu
    return entered_levels.input_level(model.heard_hash)


def _live(
    question: Question, sound: Sound, tell: Callable[[str], None]
) -> tuple[listening.Heard | None, list[Finding]]:
    """What a server shows, if one runs."""
    try:
        backend = Jack(CLIENT)
    except RigError as error:
        return None, listening.no_server(error, question.root)
    try:
        return _with_server(question, sound, backend, tell)
    except ServerGone as error:
        return None, listening.no_server(error, question.root)


def _with_server(
    question: Question, sound: Sound, backend: Jack, tell: Callable[[str], None]
) -> tuple[listening.Heard, list[Finding]]:
    with backend:
        tell(f"Listening for {question.seconds:g} s ...")
        rate = backend.sample_rate
        if sound.ir is not None and sound.ir.sample_rate != rate and sound.ir.path is not None:
            sound = sound.changed(ir=IR.load(sound.ir.path, rate))
        heard = listening.listen(backend, sound, question.input, question.seconds)
        found = listening.findings(heard, question.root)
        named = echo.named_loopbacks(heard.capture_ports, cards(question.root))
        echoes = None
        if question.noise:
            inputs = list(heard.capture_ports)
            inputs += [heard.input] if heard.input is not None and heard.input not in inputs else []
            outputs = listening.outputs(backend, question.output)[:2]
            tell(f"Playing soft noise to {' and '.join(outputs)} ...")
            echoes = echo.send_noise(backend, inputs, outputs) if outputs else []
        claimed = heard.capture_latency_samples + heard.playback_latency_samples
        found += [
            echo.inputs_finding(heard.input, named, echoes),
            echo.round_trip_finding(echoes, rate, claimed),
        ]
    return heard, found
