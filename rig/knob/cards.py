"""Which card is the interface that somebody plays through: by its USB id, else by its name.

--follow-knob auto          the one card that is the interface named, or, where none is named, the one that is known
--follow-knob hw:2          this card
--follow-knob hw:2,1        this card, and its first input
--follow-knob 2             the second input of the card that is found
--follow-knob off           none
"""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import ConfigError
from ..library.alsa_controls import Controls
from .libasound import Card, ControlError

AUTO, OFF = "auto", "off"
MOST_CARDS = 32  # that Linux has
MOST_INPUT = 64
_USB = re.compile(r"\bUSB([0-9a-fA-F]{4}:[0-9a-fA-F]{4})\b")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. `card`: a name of ALSA; empty: find it. `number`: of the input; None: by the port."""

    is_on: bool = True
    card: str = ""
    number: int | None = None

    @property
    def is_asked(self) -> bool:
        """Whether somebody has said more than that it may be found."""
        return self.is_on and (self.card != "" or self.number is not None)


def wanted(text: str) -> Wanted:
    """What --follow-knob says; ConfigError for what it cannot mean.

    >>> wanted("auto").is_on, wanted("off").is_on, wanted("2").number, wanted("hw:Gen,1")
    (True, False, 2, Wanted(is_on=True, card='hw:Gen', number=1))
    """
    said = text.strip()
    if said.casefold() in (AUTO, OFF):
        return Wanted(is_on=said.casefold() == AUTO)
    card, _, number = ("", "", said) if said.isdigit() else said.partition(",")
    if number and not (number.isascii() and number.isdigit() and 1 <= int(number) <= MOST_INPUT):
        raise ConfigError(
            f"--follow-knob {text}: {number} is no input; write CARD,1, or the number of the input alone."
        )
    if not card and not number:
        raise ConfigError(
            "--follow-knob takes auto, off, the number of an input, or a card of ALSA like hw:1 or hw:1,2."
        )
    return Wanted(True, card, int(number) if number else None)


def usb_id(components: str) -> str:
    """The USB id that a card tells in its components, in small letters; empty: it tells none.

    >>> usb_id("USB1235:8219"), usb_id("HDA:10ec0269")
    ('1235:8219', '')
    """
    found = _USB.search(components)
    return found[1].casefold() if found else ""


def controls_of(card: Card, known: Sequence[Controls]) -> Controls | None:
    """The interface that a card is; None: none whose controls are known."""
    usb = usb_id(card.components)
    if usb:
        return next((controls for controls in known if usb in controls.usb), None)
    return next((controls for controls in known if controls.card and controls.card == card.title), None)


class NotThere(ConfigError):
    """No card is the interface; it may come yet."""


@dataclass(frozen=True, slots=True)
class Found:
    """A card by the name that opens it, and what it is."""

    name: str
    controls: Controls


def find(asked: Wanted, interface: str | None, known: Sequence[Controls]) -> Found:
    """The card to follow. `interface`: maker and model of the one that the sum is for; None: not known.

    Raises NotThere where it may come yet, ConfigError where it cannot be told which one it is or it may not be opened.
    """
    if asked.card:
        return _named(asked.card, interface, known)
    found: list[Found] = []
    barred: list[str] = []
    for index in range(MOST_CARDS):
        try:
            with Card(f"hw:{index}") as card:
                controls = controls_of(card, known)
        except ControlError as error:
            barred += [f"hw:{index}"] if error.errno in (errno.EACCES, errno.EPERM) else []
            continue
        if controls is not None and (interface is None or controls.is_of(interface)):
            found.append(Found(f"hw:{index}", controls))
    if len(found) == 1:
        return found[0]
    if found:
        names = " and ".join(f"{each.name} ({each.controls.interface})" for each in found)
        raise ConfigError(f"{names} are both there: --follow-knob {found[0].name} says which one it is.")
    if barred:
        raise ConfigError(f"{' and '.join(barred)} may not be read (no permission): the group audio is the way there.")
    raise NotThere(f"{interface or 'An interface whose controls are known'} is not there.")


def _named(name: str, interface: str | None, known: Sequence[Controls]) -> Found:
    try:
        with Card(name) as card:
            controls, title = controls_of(card, known), card.title
    except ControlError as error:
        if error.errno in (errno.EACCES, errno.EPERM):
            raise ConfigError(f"{name} may not be read (no permission): the group audio is the way there.") from error
        raise NotThere(f"{name} is not there ({error.strerror}).") from error
    if interface is not None:  # who names both knows what he has; the controls have to be there all the same
        controls = next((each for each in known if each.is_of(interface)), controls)
    if controls is None:
        raise ConfigError(f"{name} is {title or 'a card without a name'}, whose controls are not known.")
    return Found(name, controls)


def input_of(ports: Sequence[str]) -> int | None:
    """The input behind a port, counted from 1, by how JACK and PipeWire call ports; None: it does not say.

    >>> [input_of([port]) for port in ("system:capture_2", "Scarlett 2i2:capture_FR", "Scarlett:capture_AUX0", "x:out")]
    [2, 2, 1, None]
    """
    for port in ports:
        name = port.rpartition(":")[2]
        number = re.search(r"(?:capture|in|input)[_ ]?(\d+)$", name)
        auxiliary = re.search(r"AUX(\d+)$", name)
        if number and int(number[1]) >= 1:
            return int(number[1])
        if auxiliary:
            return int(auxiliary[1]) + 1
        if name.endswith(("_FL", "_MONO", "_FR")):
            return 2 if name.endswith("_FR") else 1
    return None
