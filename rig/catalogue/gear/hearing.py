"""The gear on the desk from the first port to the pair on disk; `hear_gear` reads as its steps.

ports chosen, wiring and level told and agreed to -> path tried -> probe -> guitar. What can be refused is refused
before anything sounds; a capture's own deck plays and records, so what ends it by hand leaves silence.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...capture.take.opened_deck import opened_deck
from ...capture.take.operator import Operator
from ...capture.take.path_trial import heard_path
from ...capture.take.wiring import cable_check
from ...compare.pair import TakeFiles
from ...errors import CaptureError
from .guitar_take import SECONDS, check_folder, record_guitar
from .probed import Probed, play_probe, seconds_of
from .sent_level import SentLevel

TOLD = (
    "Wiring\n"
    "  computer   {{send}} -> re-amp box -> gear\n"
    "             its output (of a head or combo: the FX-loop send) -> {{return}}\n"
    "  Gear warm; gate, reverb and delay off; from now on no knob is touched.\n"
    "{level}\n"
    "Sound     {seconds:.0f} s: silence, a quiet tone, a probe of noise and tones as loud as a boosted guitar, and a "
    "guitar.\n"
    "          Turn down what is heard of it, and protect your ears."
)


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """How the gear is reached. None of a port: it is asked for."""

    send: str | None = None
    returned: str | None = None
    client: str = "rig-library"
    freewheel: bool = False
    accept: bool = False  # go on with a path that is noisy


@dataclass(frozen=True, slots=True, eq=False)
class HeardGear:
    """What the gear answered: the probe at one or more levels, and the pair with the guitar."""

    send: str
    returned: str
    probed: tuple[Probed, ...]
    take: TakeFiles

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        first = self.probed[0]
        return {
            "send_port": self.send,
            "return_port": self.returned,
            "level_dbu": first.level.dbu,
            "level_basis": first.level.basis,
            "send_trim_db": first.level.trim_db,
            "other_levels_dbu": [one.level.dbu for one in self.probed[1:]],
            "round_trip_samples": first.lag.samples,
            "polarity": first.lag.polarity,
            "return_dbfs": first.level_dbfs,
            "noise_dbfs": first.noise_dbfs,
            "signal_to_noise_db": first.snr_db,
            "signal_to_noise_softest_db": first.snr_softest_db,
        }


class Nobody:
    """An operator who takes every default and is told nothing: whoever asks in Python has wired it."""

    def say(self, text: str) -> None:
        """See `Operator`."""

    def ask(self, question: str, option: str, default: str | None = None) -> str:
        """See `Operator`."""
        if default is None:
            raise CaptureError(f"Nobody answers to {question.splitlines()[0]!r}: give {option}.")
        return default

    def meter(self, what: str, done: int, samples: int, peak_dbfs: float) -> None:
        """See `Operator`."""


@contextmanager
def kept_in(folder: Path | None) -> Iterator[Path]:
    """The folder for the pair; None: one that vanishes."""
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="rig-gear-") as name:
        yield Path(name)


def hear_gear(operator: Operator | None, desk: Desk, levels: Sequence[SentLevel], folder: Path) -> HeardGear:
    """Play the probe at these levels and the guitar at the first of them; the pair goes into `folder`.

    Raises CaptureError or BackendError, one sentence: no server or another rate, a missing port, silence, feedback, a
    return that clips, a server that stops. Ctrl-C raises KeyboardInterrupt, after the sound has been faded out.
    """
    check_folder(folder)
    operator = Nobody() if operator is None else operator
    seconds = 5.0 + seconds_of(len(levels)) + SECONDS
    told = TOLD.format(level=str(levels[0]).replace("{", "{{").replace("}", "}}"), seconds=seconds)
    with opened_deck(
        *(operator, desk.client, told), send=desk.send, returned=desk.returned, freewheel=desk.freewheel
    ) as (backend, deck, wiring):
        cables = cable_check(backend, wiring)
        silence = heard_path(deck, operator, accept=desk.accept, cables=cables).silence
        probed: list[Probed] = []
        for level in levels:
            probed.append(play_probe(deck, operator, cables, level, silence))
            operator.say(str(probed[-1]))
        take = record_guitar(deck, operator, cables, levels[0], folder)
    return HeardGear(wiring.send, wiring.returned, tuple(probed), take)
