"""A setlist: presets in the order of their files, each ready to sound before it is called.

What a preset needs is read and prepared by threads of its own (`rig.files.preload`), the next and the previous one
first. A model or cabinet that several presets use is read once. A preset that cannot be used keeps its place with its
reason.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from ...cabinet.prepared import Cabinet, PreparedIR
from ...errors import PresetError, RigError
from ...files.folders import Stamp, stamp_of
from ...files.preload import Result
from ...library import entered_levels
from ...library.measured_loudness import Measured, known
from ...library.preset import HIGHEST_NUMBER, CabinetPart, Preset, SecondPlace
from ...library.preset_text import stated_number
from ...nam import Blend, Model, Row
from ...nam.pair import PairSettings
from ..cabinets.mixer import MixPart, mixed
from ..neighbours import NeighbourPreloader
from ..prepared_model import PreparedModel

MAX_BYTES = 512 << 20  # of what lies ready, and again of what is kept to be shared

Thing = TypeVar("Thing")


class SharedCache:
    """Models and cabinets by file: each is read once, however many presets use it, and again when it has changed."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._kept: dict[tuple[Any, ...], tuple[Future[Any], int]] = {}  # with its bytes; the oldest use first
        self._max_bytes, self._lock = max_bytes, threading.Lock()

    def once(self, key: tuple[Any, ...], load: Callable[[], Thing], bytes_of: Callable[[Thing], int]) -> Thing:
        """What was loaded by this key, now or earlier, in this thread or another."""
        with self._lock:
            found = self._kept.pop(key, None)
            future, mine = (Future(), True) if found is None else (found[0], False)
            self._kept[key] = (future, 0) if found is None else found
        if mine:
            try:
                thing = load()
            except BaseException as error:
                with self._lock:
                    self._kept.pop(key, None)
                future.set_exception(error)
                raise
            with self._lock:
                self._kept[key] = future, bytes_of(thing)
                self._make_room()
            future.set_result(thing)
        return cast("Thing", future.result())

    def _make_room(self) -> None:
        total = sum(nbytes for _, nbytes in self._kept.values())
        for key in list(self._kept)[:-1]:
            if total <= self._max_bytes:
                return
            total -= self._kept.pop(key)[1]


@dataclass(frozen=True, slots=True)
class PreparedPreset:
    """A preset with all that it needs to sound. `item`: its cabinet or mix; None: it has none."""

    preset: Preset
    ready: PreparedModel
    measured: Measured | None
    parts: tuple[MixPart, ...]
    item: PreparedIR | None
    is_mix: bool
    files: tuple[tuple[Path, Stamp | None], ...]  # as they were when they were read
    nbytes: int

    @property
    def model(self) -> Model:
        """Its model."""
        return self.ready.model

    @property
    def outdated(self) -> bool:
        """Whether one of its models and cabinets has changed since."""
        return any(stamp_of(path) != stamp for path, stamp in self.files)


class PresetLoader:
    """Prepares presets for a session: `load` reads one, `prepare` makes it ready. From any thread.

    `read_ir` reads a cabinet for this session.
    """

    def __init__(self, sample_rate: float, read_ir: Callable[[Path], PreparedIR]) -> None:
        self.sample_rate, self._read_ir, self._cache = sample_rate, read_ir, SharedCache()

    def read(self, path: Path) -> Preset:
        """The preset of a file, parsed once as long as the file stays the same. Raises PresetError."""
        return self._cache.once(("preset", path.absolute(), stamp_of(path)), lambda: Preset.load(path), lambda _: 0)

    def load(self, path: Path) -> PreparedPreset:
        """The preset of a file, ready to sound. Raises PresetError."""
        return self.prepare(self.read(path))

    def prepare(self, preset: Preset) -> PreparedPreset:
        """A preset, ready to sound. Raises PresetError for a model or cabinet that cannot be used."""
        try:
            return self._prepare(preset)
        except RigError as error:
            name = preset.source.name if preset.source is not None else preset.name
            raise PresetError(f"{name}: {error}") from error

    def _prepare(self, preset: Preset) -> PreparedPreset:
        second = preset.second
        models = [preset.model] if second is None else [preset.model, second.model]
        stamps = {path: stamp_of(path) for path in dict.fromkeys([*models, *(part.ir for part in preset.cabinet)])}
        model = self._model(preset.model, preset.size, stamps[preset.model])
        if second is not None:
            behind = self._model(second.model, second.size, stamps[second.model])
            model = _together(second, model, behind)
        entered_dbu = entered_levels.input_level(model.heard_hash)
        ready = PreparedModel(
            model, model.network(self.sample_rate, preset.quality), entered_dbu, preset.quality
        ).measured()
        parts = tuple(_strip(part, self._cabinet(part.ir, stamps[part.ir])) for part in preset.cabinet)
        is_mix = len(parts) > 1 or any(strip != MixPart(strip.path, strip.item) for strip in parts)
        item = parts[0].item if parts else None
        if is_mix:
            key = ("mix", preset.aligned, preset.cabinet, tuple(stamps[part.ir] for part in preset.cabinet))
            item = self._cache.once(key, lambda: _mix(parts, preset.aligned), lambda item: item.nbytes)
        nbytes = ready.nbytes + (item.nbytes if item is not None else 0)
        files = tuple(stamps.items())
        return PreparedPreset(preset, ready, known(model), parts, item, is_mix, files, nbytes)

    def _model(self, path: Path, size: float, stamp: Stamp | None) -> Model:
        return self._cache.once(
            ("model", path.resolve(), stamp, size),
            lambda: Model.load(path, size),
            lambda model: 8 * model.weight_count,
        )

    def _cabinet(self, path: Path, stamp: Stamp | None) -> PreparedIR:
        return self._cache.once(
            ("cabinet", path.resolve(), stamp), lambda: self._read_ir(path), lambda item: item.nbytes
        )


def _together(place: SecondPlace, first: Model, second: Model) -> Model:
    """The two models of a preset as they play."""
    shared: PairSettings = {
        "second_input_dbu": entered_levels.input_level(second.content_hash),
        "first_quality": place.first_quality,
        "second_quality": place.second_quality,
        "off": place.off,
    }
    if place.blend is None:
        return Row.of(first, second, between_trim_db=place.trim_db, **shared)
    entered_dbu = entered_levels.input_level(first.content_hash)
    return Blend.of(first, second, share=place.blend, first_input_dbu=entered_dbu, **shared)


def _strip(part: CabinetPart, item: PreparedIR) -> MixPart:
    return MixPart(part.ir, item, part.gain_db, part.inverted, part.delay_ms, part.pan)


def _mix(parts: Sequence[MixPart], aligned: bool) -> PreparedIR:
    ir = mixed(parts, aligned).ir
    return PreparedIR(ir, Cabinet(ir))


@dataclass(frozen=True, slots=True)
class Entry:
    """A preset in the list: what calls it, and what it is called."""

    number: int
    name: str


class Setlist(NeighbourPreloader[PreparedPreset]):
    """The presets of a list of files, their numbers and names, and the position that was asked for.

    An item is handed out once, as its model can play in one place only; then it is prepared again. `problems`: what
    is wrong with a file, by position, as far as it is known.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        prepare: Callable[[Path], PreparedPreset],
        max_bytes: int = MAX_BYTES,
        *,
        read: Callable[[Path], Preset] = Preset.load,
    ) -> None:
        super().__init__(paths, prepare, max_bytes=max_bytes)
        self._read_preset = read
        self.problems: dict[int, str] = {}
        self.entries: list[Entry] = []
        self.warnings: list[str] = []
        self._number([self._read(position) for position in range(len(self.paths))])

    def _read(self, position: int) -> Preset | None:
        try:
            return self._read_preset(self.paths[position])
        except RigError as error:
            self.problems[position] = str(error)
            return None

    def _number(self, presets: Sequence[Preset | None]) -> None:
        """Who says a number has it, even where the rest cannot be used; the others take those that are free, from 1."""
        owners: dict[int, str] = {}
        stated: list[int | None] = []
        for path, preset in zip(self.paths, presets, strict=True):
            number = stated_number(path) if preset is None else preset.number
            if number is not None and number in owners:
                self.warnings.append(f"{path.name}: number {number} is {owners[number]} already")
                number = None
            elif number is not None:
                owners[number] = path.name
            stated.append(number)
        for path, preset, number in zip(self.paths, presets, stated, strict=True):
            called = number if number is not None else self._free(owners)
            owners.setdefault(called, path.name)
            self.entries.append(Entry(called, preset.name if preset is not None else path.stem))

    def _free(self, taken: Collection[int]) -> int:
        return next(number for number in range(1, HIGHEST_NUMBER + len(self.paths) + 2) if number not in taken)

    @property
    def free_number(self) -> int:
        """The number that the next preset gets."""
        return self._free({entry.number for entry in self.entries})

    def add(self, path: Path, name: str) -> Entry:
        """One more, at the end."""
        with self._changed:
            entry = Entry(self.free_number, name)
            self.paths.append(path)
            self.entries.append(entry)
            return entry

    def numbered(self, number: int) -> int | None:
        """The position of a number; 0 is also the tenth. None: nothing has it."""
        wanted = number if number or any(entry.number == 0 for entry in self.entries) else 10
        return next((at for at, entry in enumerate(self.entries) if entry.number == wanted), None)

    def neighbour(self, position: int | None, direction: int) -> int | None:
        """The next (1) or previous (-1) one that can be used, in a circle; None: there is no other."""
        count = len(self.paths)
        start = position if position is not None else (-1 if direction > 0 else 0)
        order = [(start + direction * way) % count for way in range(1, count + 1)]
        return next((at for at in order if at not in self.problems and at != position), None)

    def go(self, position: int, direction: int = 1) -> None:
        """Ask for a preset, whatever was asked for before; one that could not be used is tried again."""
        with self._changed:
            result = self._results.get(position)
            if result is not None and (result.item is None or result.item.outdated):
                self._forget(position)
            self.problems.pop(position, None)
            self.position, self._direction, self.waiting = position, direction, True
            self._hire()

    def peek(self, position: int) -> PreparedPreset | None:
        """What lies ready at a position. From any thread."""
        with self._changed:
            result = self._results.get(position)
            return None if result is None else result.item

    @property
    def idle(self) -> bool:
        """Whether all is ready that is to be, until something is asked for."""
        with self._changed:
            return not self._threads

    # ------------------------------------------------------------ all below runs with the lock held, or in the threads
    def _order(self) -> list[int]:
        """All positions, the most urgent first: what plays is needed again only when another one has been played."""
        count = len(self.paths)
        ways = [1, -1, 0, *(way for k in range(2, count) for way in (k, -k))]
        around = [(self.position + way) % count for way in ways] if count else []
        return list(dict.fromkeys([self.position, *around] if self.waiting else around))

    def _keep(self, position: int, result: Result[PreparedPreset]) -> None:
        """The least urgent makes room; the last one that has room may take more than is left."""
        if self._closed:
            return
        self._results[position] = result
        if result.error is not None:
            self.problems[position] = str(result.error)
        room = self._max_bytes
        for kept in self._order():
            if kept in self._results and room <= 0:
                del self._results[kept]
            elif kept in self._results:
                room -= self._results[kept].nbytes
