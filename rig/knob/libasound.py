"""The part of libasound that reads controls and hears of their changes, by ctypes: some thirty functions.

Nothing of it is a dependency: alsa-lib is on every Linux that plays sound, and where it is not, nothing is offered. Of
the bindings that there are, pyalsaaudio (0.11) comes as source alone, to be compiled with the headers of alsa-lib, and
goes through simple mixer elements, of which it makes one for each of the hundreds of controls of a large interface;
pyalsa is on PyPI in a version of 2015. Both would stand between a player and `pip install` for these few calls.

Everything here runs in the thread that opened the card, and may wait for the device: never in the audio thread.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ctypes import byref, c_char_p, c_int, c_long, c_uint, c_ushort, c_void_p
from functools import cache
from typing import Any

LIBRARY = "libasound.so.2"
READ_ONLY, NONBLOCK = 0x0004, 0x0001  # SND_CTL_READONLY, SND_CTL_NONBLOCK
MIXER = 2  # SND_CTL_ELEM_IFACE_MIXER
BOOLEAN, INTEGER, ENUMERATED = 1, 2, 3  # SND_CTL_ELEM_TYPE_...
HUNDREDTHS = 100.0  # of a decibel
MUTED = -9999999  # SND_CTL_TLV_DB_GAIN_MUTE
MOST_WORDS, MOST_EVENTS = 64, 256
GONE: tuple[int, ...] = (errno.ENODEV, errno.ENOTCONN, errno.EPIPE, errno.ECONNRESET, errno.ECONNREFUSED)
if sys.platform == "linux":
    GONE = (*GONE, errno.EBADFD)

_TEXT = {"snd_ctl_card_info_get_id", "snd_ctl_card_info_get_name", "snd_ctl_card_info_get_components"}
_TEXT |= {"snd_ctl_elem_info_get_item_name", "snd_ctl_event_elem_get_name"}
_NUMBER = {"snd_ctl_elem_info_get_min", "snd_ctl_elem_info_get_max", "snd_ctl_elem_value_get_integer"}
_UNSIGNED = {"snd_ctl_elem_info_get_items", "snd_ctl_elem_value_get_enumerated"}
_KINDS = ("ctl_card_info", "ctl_elem_id", "ctl_elem_info", "ctl_elem_value", "ctl_event")  # each malloc and free


class ControlError(OSError):
    """libasound has refused something; `errno` says why."""

    @property
    def is_gone(self) -> bool:
        """Whether the card is not there any more."""
        return self.errno in GONE


class _PollFd(ctypes.Structure):
    _fields_ = (("fd", c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short))


@cache
def library() -> Any:
    """libasound, or None where there is none: another system, or one without it."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        lib = ctypes.CDLL(LIBRARY)
        for name in _TEXT:
            getattr(lib, name).restype = c_char_p
        for name in _NUMBER:
            getattr(lib, name).restype = c_long
        for name in _UNSIGNED:
            getattr(lib, name).restype = c_uint
        lib.snd_lib_error_set_local.restype = c_void_p
    except (OSError, AttributeError):
        return None
    return lib


_HANDLER = ctypes.CFUNCTYPE(None, c_char_p, c_int, c_char_p, c_int, c_char_p)
_silent = _HANDLER(lambda *_: None)  # libasound would print on the terminal; its arguments after the format stay unread


@contextmanager
def silence() -> Iterator[None]:
    """Let libasound print nothing, as far as this thread goes."""
    lib = library()
    lib.snd_lib_error_set_local(_silent)
    try:
        yield
    finally:
        lib.snd_lib_error_set_local(None)


def _checked(code: int, what: str) -> int:
    if code < 0:
        raise ControlError(-code, os.strerror(-code), what)
    return code


class _Made:
    """An opaque structure of libasound."""

    def __init__(self, kind: str) -> None:
        self._lib, self._kind, self.pointer = library(), kind, c_void_p()
        _checked(getattr(self._lib, f"snd_{kind}_malloc")(byref(self.pointer)), kind)

    def __del__(self) -> None:
        with suppress(AttributeError):
            getattr(self._lib, f"snd_{self._kind}_free")(self.pointer)


class Element:
    """One control of a card, found by its name."""

    def __init__(self, card: Card, name: str) -> None:
        self._card, self._lib, self.name = card, card.lib, name
        self._id, self._info, self._value = _Made("ctl_elem_id"), _Made("ctl_elem_info"), _Made("ctl_elem_value")
        self._lib.snd_ctl_elem_id_set_interface(self._id.pointer, MIXER)
        self._lib.snd_ctl_elem_id_set_name(self._id.pointer, name.encode())
        self._ask()
        self.kind = int(self._lib.snd_ctl_elem_info_get_type(self._info.pointer))

    def _ask(self) -> None:
        self._lib.snd_ctl_elem_info_set_id(self._info.pointer, self._id.pointer)
        _checked(self._lib.snd_ctl_elem_info(self._card.handle, self._info.pointer), self.name)

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the most of a number."""
        info = self._info.pointer
        return self._lib.snd_ctl_elem_info_get_min(info), self._lib.snd_ctl_elem_info_get_max(info)

    def words(self) -> tuple[str, ...]:
        """What an enumeration may say. Raises ControlError."""
        found = []
        for item in range(min(self._lib.snd_ctl_elem_info_get_items(self._info.pointer), MOST_WORDS)):
            self._lib.snd_ctl_elem_info_set_item(self._info.pointer, c_uint(item))
            self._ask()
            found.append(_text(self._lib.snd_ctl_elem_info_get_item_name(self._info.pointer)))
        return tuple(found)

    def read(self) -> int:
        """Its value now: a number, 0 or 1, or the place of a word. Raises ControlError."""
        self._lib.snd_ctl_elem_value_set_id(self._value.pointer, self._id.pointer)
        _checked(self._lib.snd_ctl_elem_read(self._card.handle, self._value.pointer), self.name)
        if self.kind == ENUMERATED:
            return int(self._lib.snd_ctl_elem_value_get_enumerated(self._value.pointer, 0))
        if self.kind == BOOLEAN:
            return int(bool(self._lib.snd_ctl_elem_value_get_boolean(self._value.pointer, 0)))
        return int(self._lib.snd_ctl_elem_value_get_integer(self._value.pointer, 0))

    def db_range(self) -> tuple[float, float] | None:
        """Decibels at the least and the most value; None: the driver tells no scale. Raises ControlError."""
        least, most = c_long(), c_long()
        code = self._lib.snd_ctl_get_dB_range(self._card.handle, self._id.pointer, byref(least), byref(most))
        if code < 0 and -code in GONE:
            _checked(code, self.name)
        return None if code < 0 else (least.value / HUNDREDTHS, most.value / HUNDREDTHS)

    def db(self, value: int) -> float | None:
        """The same at a value; None: none, or silence. Raises ControlError."""
        found = c_long()
        code = self._lib.snd_ctl_convert_to_dB(self._card.handle, self._id.pointer, c_long(value), byref(found))
        if code < 0 and -code in GONE:
            _checked(code, self.name)
        return None if code < 0 or found.value <= MUTED else found.value / HUNDREDTHS


class Card:
    """An open card: who it is, its elements, its events. Raises ControlError where it cannot be opened."""

    def __init__(self, name: str) -> None:
        self.lib, self.name, self.handle = library(), name, c_void_p()
        _checked(self.lib.snd_ctl_open(byref(self.handle), os.fsencode(name), c_int(READ_ONLY | NONBLOCK)), name)
        try:
            info = _Made("ctl_card_info")
            _checked(self.lib.snd_ctl_card_info(self.handle, info.pointer), name)
            self.title = _text(self.lib.snd_ctl_card_info_get_name(info.pointer))
            self.components = _text(self.lib.snd_ctl_card_info_get_components(info.pointer))
        except BaseException:
            self.close()
            raise
        self._event = _Made("ctl_event")

    def __enter__(self) -> Card:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Once."""
        if self.handle:
            self.lib.snd_ctl_close(self.handle)
            self.handle = c_void_p()

    def element(self, name: str) -> Element | None:
        """A control by its name; None: there is none. Raises ControlError for a card that cannot be read."""
        try:
            return Element(self, name)
        except ControlError as error:
            if error.errno == errno.ENOENT:
                return None
            raise

    def subscribe(self) -> None:
        """Be told of changes from now on. Raises ControlError."""
        _checked(self.lib.snd_ctl_subscribe_events(self.handle, 1), self.name)

    def wait(self, seconds: float, waker: int) -> bool:
        """Until something may have changed, so long at most; False: `waker` can be read. Raises ControlError."""
        if sys.platform == "win32":  # nothing is polled there, and there is no ALSA
            raise ControlError(errno.ENOSYS, os.strerror(errno.ENOSYS), self.name)
        count = _checked(self.lib.snd_ctl_poll_descriptors_count(self.handle), self.name)
        described = (_PollFd * max(count, 1))()
        count = _checked(self.lib.snd_ctl_poll_descriptors(self.handle, described, c_uint(count)), self.name)
        poll = select.poll()
        poll.register(waker, select.POLLIN)
        for each in described[:count]:
            poll.register(each.fd, each.events)
        ready = dict(poll.poll(1000 * seconds))
        if waker in ready:
            return False
        for each in described[:count]:
            each.revents = ready.get(each.fd, 0)
        happened = c_ushort()
        if any(each.revents & (select.POLLHUP | select.POLLNVAL) for each in described[:count]):
            raise ControlError(errno.ENODEV, os.strerror(errno.ENODEV), self.name)
        self.lib.snd_ctl_poll_descriptors_revents(self.handle, described, c_uint(count), byref(happened))
        if happened.value & (select.POLLERR | select.POLLNVAL):
            raise ControlError(errno.ENODEV, os.strerror(errno.ENODEV), self.name)
        return True

    def changed(self) -> set[str]:
        """The names of the elements that have changed since. Raises ControlError."""
        found: set[str] = set()
        for _ in range(MOST_EVENTS):
            code = self.lib.snd_ctl_read(self.handle, self._event.pointer)
            if code in (0, -errno.EAGAIN):
                break
            _checked(code, self.name)
            found.add(_text(self.lib.snd_ctl_event_elem_get_name(self._event.pointer)))
        return found


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")
