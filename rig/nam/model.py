"""`Model`: one `.nam` file, checked and ready to play."""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..dsp.network.instance import Network
from ..dsp.network.interleaved import MOST_COPIES, InterleavedNetwork
from ..dsp.network.oversampled import OversampledNetwork
from ..dsp.network.playable import Playable
from ..dsp.network.quality import checked_quality
from ..dsp.network.resampled import ResampledNetwork
from ..errors import ModelError, RigError
from ..scripting import notebook
from ..scripting.arguments import number
from ..scripting.arguments import path as checked_path
from ..scripting.braced_names import note
from .architectures.base import Leaf
from .document import Container, choose, read_document, sizes, whole
from .family import family
from .format.fields import Fields
from .format.file import parsed, read
from .format.limits import MAX_HISTORY
from .format.metadata import read_metadata

ASSUMED_RATE_HZ = 48000.0
LOUDEST_REST = 10.0  # 20 dB above full scale; real models rest below 0.1, and what lies between is filtered out
LOAD = "Model.load"
WITH_CABINET = ("cab", "cabinet", "rig")  # words of a gear type: amp_cab, amp-pedal-cab, full-rig, Cab, ...


def network_at(leaf: Leaf, multiple: int, checked: Callable[[Network], Network] = lambda network: network) -> Playable:
    """A fresh instance for a signal of that multiple of the rate it was made for; `checked` hears of each network.

    One that looks back looks back as many times as far; of a recurrent one, as many copies take turns.
    """
    config, program = leaf.config, leaf.program()
    if program.recurrent:
        past, prewarm = config.receptive_field_samples, config.prewarm_samples
        copies = [checked(Network(program, past, prewarm)) for _ in range(multiple)]
        return copies[0] if multiple == 1 else InterleavedNetwork(copies)
    program.stretch(multiple)
    past = (config.receptive_field_samples - 1) * multiple + 1
    return checked(Network(program, past, config.prewarm_samples * multiple))


@dataclass(frozen=True, slots=True)
class Model:
    """One `.nam` file, checked. None: the file does not say."""

    name: str  # as the file calls itself, else the file's name without its ending
    path: Path
    architecture: str  # as written: WaveNet, LSTM, ConvNet, Linear, Sequential, SlimmableContainer
    version: str  # of the file format
    sample_rate: float | None  # Hz
    input_level_dbu: float | None  # the sine, in dBu RMS, that reached 0 dBFS peak at the gear's input
    output_level_dbu: float | None  # the same at the recording input
    loudness_db: float | None  # of its answer to the trainer's test signal
    gear_type: str | None
    gear_make: str | None
    gear_model: str | None
    tone_type: str | None
    modeled_by: str | None
    size: float  # 0 to 1, as asked for; chooses from `sizes`
    sizes: tuple[tuple[float, str], ...]  # if there are several: each reaches up to this value, and what it is
    content_hash: str  # SHA-256 of the file's bytes, in hex
    warnings: tuple[str, ...]
    leaf: Leaf = field(repr=False, compare=False)  # the network that plays
    document: Leaf | Container = field(repr=False, compare=False)  # everything in the file

    @classmethod
    def load(cls, path: str | os.PathLike[str], size: float = 1.0) -> Model:
        """Read and check a file.

        `size`, from 0 to 1, chooses the network of a container, or the width of a slimmable WaveNet: 1 the full, 0 the
        smallest. Raises ModelError for whatever cannot be played, RigError for a size outside 0 to 1, ArgumentError
        for a path or a size of the wrong type.
        """
        path, size = checked_path(LOAD, "path", path), number(LOAD, "size", size)
        if not 0.0 <= size <= 1.0:
            raise RigError(f"{path.name}: the size is {size}, expected 0 (smallest) to 1 (full)")
        return cls._of(path, size, *read(path))

    @classmethod
    def _of(cls, path: Path, size: float, root: Fields, content_hash: str) -> Model:
        document = read_document(root)
        leaf = choose(document, size, path.name)
        metadata = read_metadata(root)
        note(metadata.name or "")
        return cls(
            name=metadata.name or path.stem,
            path=path,
            architecture=root.text("architecture"),
            version=root.text("version"),
            sample_rate=leaf.sample_rate if document.sample_rate is None else document.sample_rate,
            input_level_dbu=metadata.input_level_dbu,
            output_level_dbu=metadata.output_level_dbu,
            loudness_db=metadata.loudness_db,
            gear_type=metadata.gear_type,
            gear_make=metadata.gear_make,
            gear_model=metadata.gear_model,
            tone_type=metadata.tone_type,
            modeled_by=metadata.modeled_by,
            size=size,
            sizes=sizes(document),
            content_hash=content_hash,
            warnings=tuple(root.found.warnings),
            leaf=leaf,
            document=document,
        )

    @property
    def shape(self) -> str:
        """What the network that plays is, for people."""
        return self.leaf.config.shape

    @property
    def family(self) -> str | None:
        """Its official name, if it has one: `A1 standard`, `A2 lite`, ..."""
        return family(self.leaf.config)

    @property
    def weight_count(self) -> int:
        """Its weights, those of nested networks included."""
        return self.leaf.weight_count

    @property
    def macs_per_sample(self) -> int:
        """Multiply-adds of all its matrices."""
        return self.leaf.config.macs_per_sample

    @property
    def receptive_field_samples(self) -> int:
        """How much past input decides its state; that of an LSTM is half a second."""
        return self.leaf.config.receptive_field_samples

    @property
    def is_recurrent(self) -> bool:
        """Whether it remembers for ever, more and more faintly, as an LSTM does."""
        return self.leaf.config.recurrent

    @property
    def heard_hash(self) -> str:
        """The content hash of the file that hears the guitar: what was entered or remarked belongs to it."""
        return self.content_hash

    @property
    def rate(self) -> float:
        """Hz; where the file does not say, 48000, which every player assumes."""
        return ASSUMED_RATE_HZ if self.sample_rate is None else self.sample_rate

    @property
    def network_hash(self) -> str:
        """SHA-256, in hex, of the network that plays: `content_hash` at full size, another for each smaller size."""
        if self.leaf is whole(self.document):
            return self.content_hash
        submodels = self.document.submodels if isinstance(self.document, Container) else ()
        chosen = [i for i, submodel in enumerate(submodels) if whole(submodel) is self.leaf]
        return hashlib.sha256(f"{self.content_hash} {chosen} ".encode() + self.leaf.weights.tobytes()).hexdigest()

    def network(self, session_rate: float | None = None, quality: int = 1, *, linear_phase: bool = False) -> Playable:
        """A fresh playing instance, prewarmed, for a session of any rate in Hz (None: the model's own).

        In a session of a whole multiple of the model's rate the network looks back as many times as far, or, if it is
        recurrent, so many copies of it take turns; neither is resampled. In any other session it is resampled on both
        sides. `quality`: 1, 2, 4 or 8 times the model's rate at least, which leaves less of what folds back from above
        half of that rate. `linear_phase`: for files, where a delay of a hundred samples costs nothing. Raises
        ModelError if its answer to silence is no number, or far beyond full scale, or if it is too large for that
        quality; RigError for any other quality.
        """
        quality = checked_quality(quality)
        rate = self.rate if session_rate is None else session_rate
        multiple = round(rate) / round(self.rate)
        if not multiple.is_integer() or not self._can_play_at(int(multiple)):
            return ResampledNetwork(self.network(None, quality, linear_phase=linear_phase), self.rate, rate)
        factor = 1
        while multiple * factor < quality:
            factor *= 2
        network = self._network_at(int(multiple) * factor)
        if factor == 1:
            return network
        return (
            ResampledNetwork(network, rate * factor, rate)
            if linear_phase
            else OversampledNetwork(network, factor, rate)
        )

    def _can_play_at(self, multiple: int) -> bool:
        """Whether there is memory for that multiple of the model's rate."""
        return multiple == 1 or (multiple <= MOST_COPIES and self.leaf.config.history_floats * multiple <= MAX_HISTORY)

    def _network_at(self, multiple: int) -> Playable:
        """An instance for a signal of that multiple of the model's rate."""
        if not self._can_play_at(multiple):
            raise ModelError(
                f"{self.path.name}: at {multiple} times its rate it would need more memory for its past than rig "
                "gives a model; choose a lower quality"
            )
        return network_at(self.leaf, multiple, self._checked)

    def _checked(self, network: Network) -> Network:
        """It, if silence makes it silent; else ModelError."""
        if not math.isfinite(network.rest):
            raise ModelError(f"{self.path.name}: its answer to silence is no number, as its weights are too large")
        if abs(network.rest) > LOUDEST_REST:
            raise ModelError(
                f"{self.path.name}: its answer to silence is no sound (it rests at {network.rest:.3g}, full scale is "
                "1), as its weights are wrong; export or download it again"
            )
        return network

    def render(self, x: ArrayLike, block_size: int = 64) -> NDArray[np.float32]:
        """The bare network's output for the signal x, shape (n,), after reset and prewarm: float32, no gains.

        The block size changes the speed, not one bit of the output.
        """
        signal = np.asarray(x)
        if signal.ndim != 1 or signal.dtype.kind != "f":
            found = f"an array of shape {signal.shape} and type {signal.dtype}"
            raise RigError(f"{self.path.name}: a model plays one channel of floats, shape (n,); got {found}")
        if isinstance(block_size, bool) or not isinstance(block_size, int | np.integer) or block_size < 1:
            raise RigError(
                f"{self.path.name}: the block size is {block_size}, expected a whole number of frames from 1"
            )
        network = self.network()
        blocks = [network.process(signal[i : i + block_size]) for i in range(0, signal.size, block_size)]
        return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)

    def smaller(self) -> Model | None:
        """The same file at its smallest size; None if that is no less work than this one."""
        try:
            leaf = choose(self.document, 0.0, self.path.name)
        except ModelError:  # a WaveNet that cannot be cut
            return None
        if leaf.config.macs_per_sample >= self.macs_per_sample:
            return None
        return replace(
            self,
            size=0.0,
            sample_rate=leaf.sample_rate if self.document.sample_rate is None else self.document.sample_rate,
            leaf=leaf,
        )

    @property
    def has_cabinet(self) -> bool:
        """Does the capture already contain a loudspeaker?"""
        return bool(set(re.split(r"[\W_]+", (self.gear_type or "").lower())) & set(WITH_CABINET))

    def _facts(self) -> list[tuple[str, str | None]]:
        """What a repr shows, by label."""
        stated = f"{self.rate:g} Hz{'' if self.sample_rate else ' (assumed)'}"
        sized = f", size {self.size:g} of {len(self.sizes)}" if self.sizes else ""
        levels = (self.input_level_dbu, self.output_level_dbu)
        input_level, output_level = (None if dbu is None else f"{dbu:g} dBu" for dbu in levels)
        return [
            ("architecture", f"{self.family or self.shape}{sized}"),
            ("rate", stated),
            ("input level", input_level),
            ("output level", output_level),
            ("loudness", None if self.loudness_db is None else f"{self.loudness_db:.1f} dB"),
            ("gear", " ".join(filter(None, (self.gear_make, self.gear_model, self.gear_type, self.tone_type))) or None),
        ]

    def __repr__(self) -> str:
        facts = dict(self._facts())
        bare = [facts["architecture"], facts["rate"]]
        levels = [f"{key} {facts[key]}" for key in ("input level", "output level", "loudness") if facts[key]]
        return notebook.line("rig.Model", self.name, [*bare, *levels, f"file {notebook.short(self.path.name)}"])

    def _repr_html_(self) -> str:
        past_ms = 1000 * self.receptive_field_samples / self.rate
        rows = [
            *self._facts(),
            ("modeled by", self.modeled_by),
            ("shape", self.shape if self.family else None),
            ("weights", str(self.weight_count)),
            ("receptive field", f"{self.receptive_field_samples} samples, {past_ms:.0f} ms"),
            ("file", str(self.path)),
            *(("note", warning) for warning in self.warnings),
        ]
        return notebook.table(self.name, rows)


def model_of_content(path: Path, data: bytes, content_hash: str | None = None) -> Model:
    """The model, at full size, in the bytes of a file; `content_hash`: where it is known already. Raises ModelError."""
    return Model._of(path, 1.0, *parsed(path, data, content_hash))
