"""A folder of models made by arithmetic: ancestors that have nothing to do with each other, and variants of each.

An ancestor is a filter, a bent curve (a ConvNet of eight tanh with drawn weights, asymmetric and of some hysteresis)
and another filter, as a preamp is; or one of the trained reference models between two filters. A variant has another
drive, tone, a touch of the clean signal beside it or a curve that is a little otherwise, as one knob a few degrees on.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from model_files import finished, sequential
from numpy.typing import NDArray
from scipy.signal import firwin2

from rig.nam.model import model_of_content

TAPS = 96
BANDS_HZ = (0, 60, 150, 400, 1000, 2500, 6000, 12000, 24000)
TANHS = 8
# How far variants lie from their ancestor, 1 being 5 dB at each frequency and 9 dB of drive: so that the nearest other
# model lies about as far as in the community library of shared/docs/finding.md, an ESR of 0.07 in the median.
SPREAD = (0.3, 1.6)


@dataclass(frozen=True)
class Amp:
    """Gains in dB at `BANDS_HZ` before and behind the curve, its weights, and a trained model in its place."""

    before_db: tuple[float, ...]
    behind_db: tuple[float, ...]
    drive_db: float
    slopes: tuple[float, ...]  # (8,), and the same for the sample before
    past: tuple[float, ...]
    bends: tuple[float, ...]
    mix: tuple[float, ...]
    core: dict[str, Any] | None = None
    core_rest: float = 0.0  # its answer to silence, which is taken out behind it

    def document(self) -> dict[str, Any]:
        """As a `.nam` file."""
        gain = 10 ** (self.drive_db / 20)
        core = self._curve() if self.core is None else deepcopy(self.core)
        made = sequential(_filter(self.before_db, gain), core, _filter(self.behind_db, 1.0, self.core_rest))
        return made | {"sample_rate": 48000}

    def _curve(self) -> dict[str, Any]:
        weights: list[float] = []
        for slope, past in zip(self.slopes, self.past, strict=True):
            weights += [past, slope]
        weights += [*self.bends, *self.mix, -float(np.dot(self.mix, np.tanh(self.bends)))]
        config = {"channels": TANHS, "dilations": [1], "batchnorm": False, "activation": "Tanh", "groups": 1}
        return finished("ConvNet", config, weights)


def _filter(gains_db: tuple[float, ...], gain: float, rest: float = 0.0) -> dict[str, Any]:
    taps: NDArray[np.float64] = firwin2(TAPS - 1, [2 * hz / 48000 for hz in BANDS_HZ], 10 ** (np.array(gains_db) / 20))
    config = {"receptive_field": TAPS, "bias": True}
    return finished("Linear", config, [*(gain * taps), 0.0, -rest * gain * float(taps.sum())])


def _rest(core: dict[str, Any]) -> float:
    model = model_of_content(Path("core.nam"), json.dumps(core).encode())
    return float(model.render(np.zeros(2, np.float32))[-1])


def ancestor(rng: np.random.Generator, core: dict[str, Any] | None = None) -> Amp:
    """Something unlike all others."""
    before, behind = (tuple(rng.uniform(-14, 8, len(BANDS_HZ))) for _ in range(2))
    return Amp(
        before,
        behind,
        float(rng.uniform(-6, 30) if core is None else rng.uniform(-12, 12)),
        tuple(rng.normal(0, 1, TANHS)),
        tuple(rng.normal(0, 0.15, TANHS)),
        tuple(rng.normal(0, 0.5, TANHS)),
        tuple(rng.normal(0, 0.4, TANHS)),
        core,
        0.0 if core is None else _rest(core),
    )


def variant(amp: Amp, rng: np.random.Generator, much: float) -> Amp:
    """The same with its knobs elsewhere; `much`: 1 is far, 0 nowhere."""

    def turned(gains_db: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(np.array(gains_db) + much * rng.normal(0, 5, len(gains_db)))

    def bent(values: tuple[float, ...], by: float) -> tuple[float, ...]:
        return tuple(np.array(values) + much * by * rng.normal(0, 1, len(values)))

    return replace(
        amp,
        before_db=turned(amp.before_db),
        behind_db=turned(amp.behind_db),
        drive_db=amp.drive_db + float(much * rng.normal(0, 9)),
        bends=bent(amp.bends, 0.2),
        mix=bent(amp.mix, 0.15),
    )


def twin(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """The same sound in another file: louder or softer, maybe inverted, and every weight rounded a little otherwise."""
    made = deepcopy(document)
    for part in made["config"]["models"]:
        part["weights"] = [weight * (1 + 1e-4 * rng.standard_normal()) for weight in part["weights"]]
    behind = made["config"]["models"][-1]
    gain = float(rng.choice((-1, 1)) * rng.uniform(0.5, 1.5))
    behind["weights"] = [gain * weight for weight in behind["weights"]]
    return made


def make_library(
    folder: Path,
    count: int,
    ancestors: int,
    seed: int,
    cores: list[dict[str, Any]] | None = None,
    twins: int = 0,
    spread: tuple[float, float] = SPREAD,
) -> int:
    """Write `count` models into a folder: `made-AAA-VVV.nam`, and how many there are of trained ancestors.

    `twins`: so many more, `twin-AAA-VVV.nam`, each the sound of one of those. `spread`: how far variants lie, at least
    and at most.
    """
    rng = np.random.default_rng(seed)
    trained = cores or []
    roots = [ancestor(rng, trained[i] if i < len(trained) else None) for i in range(ancestors)]
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        root = i % ancestors
        amp = roots[root] if i < ancestors else variant(roots[root], rng, float(rng.uniform(*spread)))
        made = amp.document()
        name = f"{root:03d}-{i // ancestors:03d}.nam"
        (folder / f"made-{name}").write_text(json.dumps(made))
        if i < twins:
            (folder / f"twin-{name}").write_text(json.dumps(twin(made, rng)))
    return min(len(trained), ancestors)
