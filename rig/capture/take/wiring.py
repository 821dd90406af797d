"""Which ports a capture uses, what hangs on them, and the picture of it that is shown before anything sounds."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from ...backends.jack.client import Jack
from ...backends.jack.ports import LISTED, matching, meant
from ...errors import BackendError, CaptureError
from ...trainer.layout import RATE
from .operator import Operator
from .tape_deck import Dropout, checked_rate

OWN_OUTPUT, OWN_INPUT = "out_1", "in"

CableCheck = Callable[
    [int], Dropout | None
]  # at that sample of a recording: what is wrong with the cables, if anything


@dataclass(frozen=True, slots=True)
class Wiring:
    """The two ports: `send` takes what is played, `returned` brings what comes back."""

    send: str
    returned: str

    def to_json(self) -> dict[str, str]:
        """For the sidecar."""
        return {"send_port": self.send, "return_port": self.returned}


def choose_wiring(
    backend: Jack,
    operator: Operator,
    send: str | None,
    returned: str | None,
    usual: Wiring | None = None,
    freewheel: bool = False,
) -> Wiring:
    """The two ports by name (or a part of it), or asked for; `usual`: those of the last time.

    Raises CaptureError: a server that does not run at 48 kHz, no such port, a port that runs the other way, a monitor
    port, and with `freewheel` a port of the sound card.
    """
    checked_rate(backend.sample_rate)
    outputs, inputs = backend.ports_there(capture=False), backend.ports_there(capture=True)
    wiring = Wiring(
        _chosen(operator, "send", "Which port goes to the gear?", outputs, inputs, send, usual.send if usual else None),
        _chosen(
            operator, "return", "Which port comes back?", inputs, outputs, returned, usual.returned if usual else None
        ),
    )
    if "monitor" in wiring.returned.rpartition(":")[2].casefold():
        raise CaptureError(
            f"{wiring.returned} is a monitor port: it gives back what the computer itself plays; choose the input that "
            "the gear is plugged into with --return."
        )
    if freewheel:
        _refuse_sound_card(wiring, {**outputs, **inputs})
    return wiring


def _chosen(
    operator: Operator,
    which: str,
    question: str,
    there: dict[str, bool],
    others: dict[str, bool],
    wanted: str | None,
    usual: str | None,
) -> str:
    option = f"--{which}"
    if not there:
        raise CaptureError(f"The JACK server has no port for the {which}: is the sound card connected and chosen?")
    names = list(there)
    if wanted is None:
        physical = [name for name in names if there[name]]
        default = usual if usual in there else (physical or names)[0]
        listed = "\n".join(f"  {number:2}  {name}" for number, name in enumerate(names, 1))
        wanted = operator.ask(f"{question}\n{listed}\nNumber or name [{default}]:", f"{option} PORT", default).strip()
        if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
            wanted = names[int(wanted) - 1]
    found = matching(wanted, names)
    if found:
        return meant(option, wanted, found, most=1)[0]
    shown = ", ".join(names[:LISTED]) + (", ..." if len(names) > LISTED else "")
    if matching(wanted, list(others)):
        need = "one that sound goes into" if which == "send" else "one that sound comes from"
        raise CaptureError(
            f"{option} {wanted}: this port runs the other way; the {which} needs {need}, and not the same port as the "
            f"other end: {shown}."
        )
    raise CaptureError(f"No port matches {option} {wanted!r}; there are: {shown}.")


def connect(backend: Jack, wiring: Wiring) -> None:
    """Plug both ends in and nothing else; after the backend has been started, and before anything sounds.

    Raises CaptureError if anything else plays into the send.
    """
    backend.reconnect({OWN_INPUT: [wiring.returned], OWN_OUTPUT: [wiring.send]})
    own = f"{backend.name}:{OWN_OUTPUT}"
    strangers = [name for name in backend.neighbours(wiring.send) if name != own]
    if strangers:
        what = "what comes back would go out again (feedback)" if wiring.returned in strangers else "it would be heard"
        raise CaptureError(
            f"{strangers[0]} plays into the send {wiring.send} as well: {what}; disconnect it in your patchbay."
        )


def picture(backend: Jack, wiring: Wiring, gear: str, self_test: bool) -> str:
    """The wiring in words, with the ports chosen."""
    lines = [
        "Wiring",
        f"  computer   {backend.name}:{OWN_OUTPUT} -> {wiring.send}",
        *(
            ["  cable      from that output straight to that input"]
            if self_test
            else [
                f"  gear       that output -> re-amp box -> {gear}",
                "             its output (of a head or combo: the FX-loop send) -> line input",
            ]
        ),
        f"  computer   {wiring.returned} -> {backend.name}:{OWN_INPUT}",
        "  Nothing else may play into the send, and nothing of the return may be monitored back into it.",
    ]
    if not self_test:
        lines.append("  Gear warm, gate, reverb and delay off; from now on no knob is touched.")
    return "\n".join(lines)


def _refuse_sound_card(wiring: Wiring, physical: dict[str, bool]) -> None:
    """Gear with a clock of its own cannot be played faster than it sounds."""
    for port in (wiring.send, wiring.returned):
        if physical.get(port):
            raise CaptureError(f"{port} is a port of the sound card, and gear has no --freewheel: leave it out.")


@contextlib.contextmanager
def freewheeling(backend: Jack, on: bool) -> Iterator[None]:
    """The server as fast as it can meanwhile, if `on`."""
    if on:
        backend.freewheel(True)
    try:
        yield
    finally:
        if on:
            with contextlib.suppress(BackendError):  # a server that is gone or stuck is spoken of elsewhere
                backend.freewheel(False)


def cable_check(backend: Jack, wiring: Wiring) -> CableCheck:
    """Looks whether one of our two cables is not there any more, or another one has come to them."""
    return partial(_cable_fault, backend, wiring)


def _cable_fault(backend: Jack, wiring: Wiring, at: int) -> Dropout | None:
    try:
        now, players = backend.connections(), backend.neighbours(wiring.send)
    except BackendError as error:
        if backend.gone:
            return None  # the deck itself notices
        return Dropout("stopped", f"{str(error).partition(':')[0]} at {at / RATE:.1f} s", at)
    if backend.gone:
        return None
    text = None
    if wiring.send not in now[OWN_OUTPUT]:
        text = f"{wiring.send} was unplugged"
    elif now[OWN_INPUT] != [wiring.returned]:
        others = [name for name in now[OWN_INPUT] if name != wiring.returned]
        text = f"{others[0]} was plugged into the return" if others else f"{wiring.returned} was unplugged"
    elif len(players) > 1:
        others = [name for name in players if name != f"{backend.name}:{OWN_OUTPUT}"]
        text = f"{others[0]} was plugged into the send as well"
    return Dropout("unplugged", f"{text} at {at / RATE:.1f} s", at) if text else None
