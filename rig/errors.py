"""Every error rig raises, as a tree.

The message is one sentence for a player: which file or port, what was found, what was expected, the way out.
The command line prints it and ends with exit code 2; nobody sees a traceback.

RigError
├── FileError        a file could not be read or written
│   ├── ModelError   a `.nam` file
│   ├── IRError      an impulse response
│   ├── PresetError  a preset
│   └── AudioError   any other audio file
├── ConfigError      the user's own settings or an unknown interface
├── CaptureError     a capture that cannot be made, checked or finished
├── CompareError     recordings that cannot be compared
├── TrainingError    a training that cannot begin or go on
├── LevelError       a level or gain outside anything sensible
├── ArgumentError    a call from Python with something of the wrong type; a TypeError as well
├── UsageError       a command line with a word that there is not, or without one that is needed
└── BackendError     the audio server or sound card, its ports, its rate
    ├── NoServer     no JACK server is there to play on
    └── ServerGone   the server went away while playing; it may come back
"""

from __future__ import annotations

from .scripting.printable import printable


class RigError(Exception):
    """Root of all errors a user of rig should be able to act on.

    A message names files, ports and values as they were found; what cannot be seen in it is escaped, for good.
    """

    def __init__(self, *arguments: object) -> None:
        super().__init__(*(printable(each) if isinstance(each, str) else each for each in arguments))


class FileError(RigError):
    """A file could not be read or written."""


class ModelError(FileError):
    """A `.nam` file that is missing, broken, or asks for something rig does not play."""


class IRError(FileError):
    """An impulse response that cannot be used."""


class PresetError(FileError):
    """A preset that cannot be read, or names what cannot be used."""


class AudioError(FileError):
    """An audio file that cannot be read or written."""


class ConfigError(RigError):
    """A setting of the user, or a name that is not in a table."""


class CaptureError(RigError):
    """A capture that cannot be made, checked or finished."""


class CompareError(RigError):
    """Recordings that cannot be compared: unrelated, silent, of different rates."""


class TrainingError(RigError):
    """A training that cannot begin or go on: no trainer, a take that is not fit for it, or what stopped it."""


class LevelError(RigError):
    """A level or gain outside anything sensible."""


class ArgumentError(RigError, TypeError):
    """Something of the wrong type was given to rig from Python; a `TypeError`, as Python itself raises."""


class UsageError(RigError):
    """A command line that cannot be read. `usage`: how it is written; empty where that does not help."""

    def __init__(self, sentence: str, usage: str = "") -> None:
        super().__init__(sentence)
        self.usage = usage


class BackendError(RigError):
    """The audio server is missing, or refuses what was asked."""


class NoServer(BackendError):
    """No JACK server runs, or JACK is not installed."""


class ServerGone(BackendError):
    """The server went away while playing; it may come back."""
