"""A bundle, replayed: files, seal, promises, statistics and figures, line by line."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ...errors import CompareError
from ...files.hashing import sha256_of
from .blind import replayed_test
from .bundle import Wishes, make
from .container import name_problem
from .listened import LISTEN, SOUNDS_OF, replayed_listening
from .manifest import Listed, Stimulus
from .opened import Line, Opened, State, opened
from .reading import read_any
from .replay import Find, replayed
from .result_files import LAYOUT, comparison_problem, read_json

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Checked:
    """What a bundle comes to."""

    bundle: str
    seal: str
    versions: dict[str, str]
    results: tuple[Listed, ...]
    stimuli: tuple[Stimulus, ...]
    lines: tuple[Line, ...]

    @property
    def state(self) -> State:
        """fail: something does not agree; unknown: nothing of it could be replayed."""
        states = {line.state for line in self.lines}
        return "fail" if "fail" in states else "ok" if _is_replayed(self.lines) else "unknown"

    def count(self, state: State) -> int:
        """How many lines say so."""
        return sum(line.state == state for line in self.lines)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {"schema": SCHEMA, "state": self.state, **asdict(self)}


def _is_replayed(lines: Sequence[Line]) -> bool:
    return any(line.state == "ok" and line.about not in ("files", "seal") for line in lines)


def check(
    path: Path,
    *,
    seal: str | None = None,
    folders: Sequence[Path] = (),
    figures: bool = True,
    progress: Callable[[float], None] | None = None,
) -> Checked:
    """Look at every byte of a bundle, or of one result, and replay what can be.

    Raises CompareError for what is none, and for a result that was changed.

    `seal`: as somebody else has it. `folders`: where files are looked for that are not in it. `figures` off: files,
    promises and statistics only, which takes a moment.
    """
    if path.suffix.lower() == ".json" or (path.is_dir() and (path / "test.json").is_file()):
        if seal is not None:
            raise CompareError(f"{path.name} is a result, and no bundle: it has no seal of a bundle.")
        return _of_one_result(path, folders, figures, progress or _nobody)
    with opened(path, seal) as bundle:
        lines, manifest = tuple(lines_of(bundle, folders, figures, progress or _nobody)), bundle.manifest
        return Checked(bundle.name, manifest.seal, manifest.versions, manifest.results, manifest.stimuli, lines)


def lines_of(
    bundle: Opened, folders: Sequence[Path], figures: bool, progress: Callable[[float], None]
) -> Iterator[Line]:
    """What is found about an opened bundle."""
    yield from bundle.lines
    find = _finder(bundle, folders)
    for result in bundle.manifest.results:
        yield from _of_a_result(bundle, result, find, figures, progress)


def _nobody(done: float) -> None:
    """Where nobody wants to know."""


def _of_a_result(
    bundle: Opened, result: Listed, find: Find, figures: bool, progress: Callable[[float], None]
) -> Iterator[Line]:
    about = f"{result.number} {result.name}"
    path = bundle.path_of(result.member)
    if result.kind == LISTEN:
        sounds = _sounds(bundle, result, find)
        yield from replayed_listening(about, bundle.below(result), sounds, result.left_out, find, figures, progress)
    elif path is None:
        yield Line("fail", about, "not replayed: its file was changed, or is missing")
    elif result.kind == "abx":
        yield from replayed_test(about, path)
    elif result.kind == "compare":
        try:
            data, _ = read_json(path)
            problem = comparison_problem(data)
        except CompareError as error:
            problem = str(error).rstrip(".")
        if problem is not None:
            yield Line("fail", about, f"not replayed: {problem}")
        elif figures:
            yield from replayed(about, data, find, progress)


def _sounds(bundle: Opened, result: Listed, find: Find) -> dict[str, Path]:
    """The sounds of a listening test that are there."""
    found = {}
    for stimulus in bundle.manifest.stimuli:
        for number, role in stimulus.uses:
            path = find(stimulus.sha256) if stimulus.sha256 is not None and number == result.number else None
            if role.startswith(SOUNDS_OF) and path is not None:
                found[f"{role.removeprefix(SOUNDS_OF)}.wav"] = path
    return {name: path for name, path in found.items() if name_problem(name) is None and "/" not in name}


def _of_one_result(path: Path, folders: Sequence[Path], figures: bool, progress: Callable[[float], None]) -> Checked:
    """A result that lies alone, by way of a bundle of its own."""
    with tempfile.TemporaryDirectory(prefix="rig-evidence-") as scratch:
        wishes = Wishes(folders=tuple(folders), keep_names=True)
        found = check(make(Path(scratch) / "bundle", [path], wishes).path, figures=figures, progress=progress)
    lines = [line for line in found.lines if line.about not in ("files", "seal")]
    result = read_any(path)
    if not result.is_as_written:
        lines.insert(0, Line("fail", path.name, LAYOUT))
    return replace(found, bundle=path.name, lines=tuple(lines))


def _finder(bundle: Opened, folders: Sequence[Path]) -> Find:
    """Finds a file by its SHA-256: in the bundle, else in the folders that were named."""
    inside = {each.sha256: each for each in bundle.manifest.stimuli if each.member is not None}
    below: list[Path] | None = None
    known: dict[str, Path] = {}

    def find(sha256: str) -> Path | None:
        nonlocal below
        stimulus = inside.get(sha256)
        path = None if stimulus is None or stimulus.member is None else bundle.path_of(stimulus.member)
        if path is not None and sha256_of(path) == sha256:
            return path
        if below is None:
            below = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
            known.update((sha256_of(path), path) for path in reversed(below))
        return known.get(sha256)

    return find
