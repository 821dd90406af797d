"""One complete nam object: version, architecture, rate, weights; and containers, which hold further ones."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .family import family
from .fields import Fields, NotPlayedError, shown
from .lstm import LSTMConfig, read_lstm
from .read_wavenet import read_wavenet
from .wavenet import WaveNetConfig
from .weights import Weights, read_weights

MAX_DEPTH = 16  # containers in containers
SAMPLE_RATES = (8000, 384000)  # Hz
OTHER_ARCHITECTURES = ("ConvNet", "Linear", "Sequential")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A network, checked."""

    config: WaveNetConfig | LSTMConfig
    weights: Weights
    sample_rate: float | None

    @property
    def family(self) -> str | None:
        """Its official name, if it has one."""
        return family(self.config) if isinstance(self.config, WaveNetConfig) else None

    @property
    def description(self) -> str:
        """Its name, or its shape."""
        return self.family or self.config.shape


@dataclass(frozen=True, slots=True)
class Container:
    """The same capture in several sizes; `limits` ascend, size v takes the first with v < limit, else the last."""

    limits: tuple[float, ...]
    submodels: tuple[Leaf | Container | NotPlayedError, ...]
    sample_rate: float | None


def choose(document: Leaf | Container | NotPlayedError, size: float) -> Leaf:
    """The network for a size; containers inside the container play at full size, as in NeuralAmpModelerCore."""
    if isinstance(document, NotPlayedError):
        raise document
    if isinstance(document, Leaf):
        return document
    chosen = next((i for i, limit in enumerate(document.limits) if size < limit), len(document.limits) - 1)
    return choose(document.submodels[chosen], 1.0)


def describe(document: Leaf | Container | NotPlayedError) -> str:
    """What a submodel is, for people."""
    try:
        return choose(document, 1.0).description
    except NotPlayedError:
        return "not played yet"


def read_document(fields: Fields, depth: int = 0, outer_rate: float | None = None) -> Leaf | Container:
    """Check a nam object completely. `outer_rate`: the rate of the container around it."""
    if depth > MAX_DEPTH:
        raise fields.error(f"containers are nested more than {MAX_DEPTH} deep")
    if not fields.where and "architecture" not in fields.values and "weights" not in fields.values:
        raise fields.error("JSON, but not a NAM file (no architecture and no weights)")
    _check_version(fields)
    architecture, config = fields.text("architecture"), fields.child("config")
    rate = _read_rate(fields)
    if architecture == "SlimmableContainer":
        if not isinstance(fields.required("weights"), list):
            raise fields.unexpected("weights", "a list")
        return _read_container(config, depth, rate)
    if architecture in OTHER_ARCHITECTURES:
        raise fields.not_played(f"the architecture {architecture}")
    if architecture not in ("WaveNet", "LSTM"):
        raise fields.unexpected("architecture", "WaveNet, LSTM or SlimmableContainer")
    checked: WaveNetConfig | LSTMConfig
    checked = (
        read_wavenet(config) if architecture == "WaveNet" else read_lstm(config, outer_rate if rate is None else rate)
    )
    weights = read_weights(fields)
    if weights.size != checked.weight_count:
        asked = f"its configuration ({checked.shape}) asks for {checked.weight_count}"
        raise fields.error(f"{fields.where or 'the file'} holds {weights.size} weights, {asked}")
    return Leaf(checked, weights, rate)


def _read_container(config: Fields, depth: int, rate: float | None) -> Container:
    limits: list[float] = []
    submodels: list[Leaf | Container | NotPlayedError] = []
    for i, value in enumerate(config.sequence("submodels")):
        entry = config.inside(f"submodels[{i}]", value)
        limits.append(entry.number("max_value"))
        if i and limits[i] <= limits[i - 1]:
            raise entry.unexpected("max_value", f"more than {limits[i - 1]}, that of the submodel before")
        submodel = entry.child("model")
        try:
            document = read_document(submodel, depth + 1, rate)
        except NotPlayedError as error:
            submodels.append(error)  # the other sizes may still be played
            continue
        submodels.append(document)
        inner = document.sample_rate
        if inner is not None and rate is not None and inner != rate:
            raise submodel.error(f"{submodel.where} has a sample rate of {inner:g} Hz, the container {rate:g} Hz")
    if limits[-1] < 1.0:
        raise config.error(f"the last max_value is {limits[-1]}, expected at least 1")
    return Container(tuple(limits), tuple(submodels), rate)


def _check_version(fields: Fields) -> None:
    version = fields.text("version")
    match = re.fullmatch(r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})", version)
    if not match:
        raise fields.unexpected("version", "three numbers like 0.5.4")
    numbers = tuple(int(n) for n in match.groups())
    if not (0, 5) <= numbers[:2] <= (0, 7):
        raise fields.unexpected("version", "0.5.0 to 0.7.x; another version of rig may know it")
    if numbers > (0, 7, 0):
        fields.warn(f"version {shown(version)} is newer than 0.7.0 and may use what rig does not know")


def _read_rate(fields: Fields) -> float | None:
    """Hz; None if the file does not say."""
    if fields.get("sample_rate") is None:
        return None
    rate = fields.number("sample_rate")
    low, high = SAMPLE_RATES
    if not low <= rate <= high:
        raise fields.unexpected("sample_rate", f"{low} to {high} Hz")
    return rate
