"""A listening test as a folder: what is heard, and the files of its listeners.

    listen-2026-12-01-201500/
        test.json               what is compared, how it was made; nothing of any order
        sounds/1.wav            section 1: one channel per condition, in the order of `conditions` in test.json
        listeners/anna.json     what Anna was promised and did, sealed until her end

`test.json` holds `setup` (plain JSON data, see `preparing.py`) and `hash`, SHA-256 over it, in which paths (`file`) are
replaced by hashes of their own: so evidence can be shown without them. Every sound's own hash stands in the setup, so
that one byte that was changed anywhere is found. All conditions of a section lie in one file: no name, size or time of
a file belongs to one of them alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...audio.wav import read, write
from ...errors import CompareError, RigError
from ...files.hashing import sha256_of
from .chain import digest, keep, read_json
from .scale import KINDS, MOST_CANDIDATES, Kind

SCHEMA = 1
TEST = "rig listen test"
FILE, SOUNDS, LISTENERS = "test.json", "sounds", "listeners"
MOST_SECTIONS = 30
INDENT = 1  # of test.json, which is read by people
Sounds = NDArray[np.float32]  # of one section, (conditions, samples)


@dataclass(frozen=True, slots=True)
class Condition:
    """One of what is rated on every screen."""

    kind: Kind
    name: str


class Prepared:
    """A test on disk, read and checked. `setup` is what test.json holds."""

    def __init__(self, folder: Path, setup: Mapping[str, Any], hash_: str) -> None:
        self.folder, self.setup, self.hash = folder, dict(setup), hash_
        self._section: tuple[int, Sounds] | None = None

    @classmethod
    def create(cls, folder: Path, setup: Mapping[str, Any], sounds: list[Sounds]) -> Prepared:
        """Write a test; `sounds`, of each section, go in first, and test.json last: without it there is no test.

        Raises CompareError where the folder holds a test already, or cannot be written.
        """
        if (folder / FILE).exists():
            raise CompareError(f"{folder.name} holds a test already; choose another name, or go on with that one.")
        written: dict[str, Any] = json.loads(json.dumps(dict(setup)))
        try:
            for part in (SOUNDS, LISTENERS):
                (folder / part).mkdir(parents=True, exist_ok=True)
            for number, section in enumerate(sounds, 1):
                path = folder / SOUNDS / f"{number}.wav"
                write(path, np.ascontiguousarray(section.T), setup["sample_rate"], "FLOAT", overwrite=True)
                written["sections"][number - 1]["file_sha256"] = sha256_of(path)
            content = {"kind": TEST, "schema": SCHEMA, "setup": written, "hash": digest(covered(written))}
            _check(folder / FILE, content)
            keep(folder / FILE, content, INDENT)
        except OSError as error:
            raise CompareError(f"{folder.name} cannot be written ({error.strerror}); choose another folder.") from error
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Prepared:
        """Read one. Raises CompareError: there is none, it is of another version, or it was edited."""
        path = folder / FILE if folder.is_dir() else folder
        content = read_json(path, "a listening test", TEST, SCHEMA, INDENT)
        _check(path, content)
        return cls(path.parent, content["setup"], content["hash"])

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.folder.name or self.folder.resolve().name

    @property
    def sample_rate(self) -> int:
        """In Hz, of every sound."""
        return int(self.setup["sample_rate"])

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """In the order of the channels; never for a listener's eye before the end."""
        return tuple(Condition(each["kind"], each["name"]) for each in self.setup["conditions"])

    @property
    def sections(self) -> int:
        """How many there are."""
        return len(self.setup["sections"])

    def samples(self, section: int) -> int:
        """How long each sound of a section is."""
        return int(self.setup["sections"][section]["samples"])

    def sounds(self, section: int) -> Sounds:
        """All sounds of a section, (conditions, samples), read-only; the latest is kept.

        Raises CompareError where a sound is not the one that was prepared.
        """
        if self._section is None or self._section[0] != section:
            path = self.folder / SOUNDS / f"{section + 1}.wav"
            expected = self.setup["sections"][section]
            hashes = [each["sha256"] for each in expected["stimuli"]]
            try:
                is_changed = sha256_of(path) != expected["file_sha256"]
                found = np.ascontiguousarray(read(path).samples.T.astype(np.float32))
            except OSError as error:
                raise CompareError(
                    f"{SOUNDS}/{path.name} of {self.name} cannot be read ({error.strerror}): a sound is missing."
                ) from error
            except RigError as error:
                raise CompareError(f"A sound of {self.name} cannot be read: {error}") from error
            is_changed |= found.shape != (len(hashes), expected["samples"])
            if is_changed or [sound_hash(each) for each in found] != hashes:
                raise CompareError(f"{SOUNDS}/{path.name} of {self.name} is not what was prepared: it was changed.")
            found.setflags(write=False)
            self._section = section, found
        return self._section[1]

    def problems(self) -> list[str]:
        """What of its sounds is missing or was changed, as sentences."""
        found = []
        for section in range(self.sections):
            try:
                self.sounds(section)
            except CompareError as error:
                found.append(str(error))
        return found

    def listener_path(self, listener: str) -> Path:
        """Where the file of a listener lies. Raises CompareError for what can be no name of one."""
        if not re.fullmatch(r"\w[\w .-]{0,38}\w|\w", listener):
            raise CompareError(
                f"{listener!r} cannot be a listener's name: up to 40 letters, digits, spaces, dots, - and _, with a "
                "letter or digit at both ends."
            )
        for known in self.listeners():
            if known.stem.casefold() == listener.casefold():
                return known
        return self.folder / LISTENERS / f"{listener}.json"

    def listeners(self) -> list[Path]:
        """The files of all who have begun."""
        folder = self.folder / LISTENERS
        return sorted(path for path in folder.glob("*.json") if not path.name.startswith("."))


def covered(value: Any) -> Any:
    """What the hash of a test is over: the setup, with a hash in place of each path."""
    if isinstance(value, list | tuple):
        return [covered(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, each in value.items():
        is_path = key == "file" and isinstance(each, str)
        found["path_sha256" if is_path else key] = digest(each) if is_path else covered(each)
    return found


def sound_hash(x: NDArray[Any]) -> str:
    """SHA-256 of a sound, (n,): its samples as 32-bit floats, least byte first."""
    return hashlib.sha256(np.ascontiguousarray(x, "<f4").tobytes()).hexdigest()


def _check(path: Path, content: Mapping[str, Any]) -> None:
    """Raise CompareError for a test that does not hold what is used of it, or was edited."""
    setup = content.get("setup")
    try:
        if not isinstance(setup, dict) or content["hash"] != digest(covered(setup)):
            raise CompareError(f"{path.name} was edited: its hash is not that of its content.")
        kinds = [each["kind"] for each in setup["conditions"]]
        names = [each["name"] for each in setup["conditions"]]
        stimuli = [len(each["stimuli"]) for each in setup["sections"]]
        lengths = [each["samples"] for each in setup["sections"]]
        files = [each["file_sha256"] for each in setup["sections"]]
        rates = [setup["sample_rate"]]
    except (KeyError, TypeError, ValueError) as error:
        raise CompareError(f"{path.name} is damaged: a part of its setup is missing.") from error
    fixed = [kind for kind in kinds if kind != "candidate"]
    if (
        sorted(fixed) != sorted(KINDS[:3])
        or not 1 <= len(kinds) - 3 <= MOST_CANDIDATES
        or not all(isinstance(name, str) for name in (*names, *files))
        or not 1 <= len(stimuli) <= MOST_SECTIONS
        or set(stimuli) != {len(kinds)}
        or not all(isinstance(number, int) and number > 0 for number in (*lengths, *rates))
    ):
        raise CompareError(f"{path.name} is damaged: it is no test with a reference, two anchors and candidates.")
