"""One complete nam object: version, architecture, rate, weights; and those that hold further ones."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .architectures.base import Architecture, Leaf
from .architectures.check_limits import check_limits, check_work
from .architectures.convnet import ConvNetConfig, read_convnet
from .architectures.linear import read_linear
from .architectures.lstm import read_lstm
from .architectures.read_chain import bare_model, chain_entries, is_bare
from .architectures.read_wavenet import read_wavenet
from .architectures.sequential import SequentialConfig
from .architectures.slimming import slim, slim_sizes
from .family import family
from .foreign_formats import foreign_format
from .format.fields import Fields, shown
from .format.limits import MAX_NETWORKS
from .format.number_list import NumberList
from .format.weights import NO_WEIGHTS, Weights, check_count, read_weights

MAX_DEPTH = 16  # networks in networks
SAMPLE_RATES = (8000, 384000)  # Hz
UNKNOWN_RATE = -1  # as NeuralAmpModelerCore writes it
ARCHITECTURES = "WaveNet, LSTM, ConvNet, Linear, Sequential or SlimmableContainer"


@dataclass(frozen=True, slots=True)
class Container:
    """The same capture in several sizes; `limits` ascend, size v takes the first with v < limit, else the last."""

    limits: tuple[float, ...]
    submodels: tuple[Leaf | Container, ...]
    sample_rate: float | None


def choose(document: Leaf | Container, size: float, file: str) -> Leaf:
    """The network for a size; what is inside a container plays at full size, as in NeuralAmpModelerCore.

    Raises ModelError if a WaveNet cannot be cut to it.
    """
    if isinstance(document, Leaf):
        return slim(document, size, file)
    chosen = next((i for i, limit in enumerate(document.limits) if size < limit), len(document.limits) - 1)
    return whole(document.submodels[chosen])


def whole(document: Leaf | Container) -> Leaf:
    """The network at full size."""
    return document if isinstance(document, Leaf) else whole(document.submodels[-1])


def sizes(document: Leaf | Container) -> tuple[tuple[float, str], ...]:
    """Each size reaches up to this value, and what it is; nothing if there is one only."""
    if isinstance(document, Leaf):
        return slim_sizes(document)
    configs = [whole(submodel).config for submodel in document.submodels]
    return tuple((limit, family(c) or c.shape) for limit, c in zip(document.limits, configs, strict=True))


def read_document(
    fields: Fields, depth: int = 0, outer_rate: float | None = None, any_channels: bool = False
) -> Leaf | Container:
    """Check a nam object completely.

    `outer_rate`: the rate of the object around it. `any_channels`: inside another network; otherwise it is mono.
    """
    if depth > MAX_DEPTH:
        raise fields.error(f"{fields.where}: networks are nested more than {MAX_DEPTH} deep")
    fields.count("networks", 1, MAX_NETWORKS)
    if not fields.where and "architecture" not in fields.values and "weights" not in fields.values:
        raise fields.error(f"JSON, but {foreign_format(fields.values)}")
    _check_version(fields)
    architecture, config = fields.text("architecture"), fields.child("config")
    rate = _read_rate(fields)
    if architecture == "SlimmableContainer":
        if not isinstance(fields.required("weights"), list | NumberList):
            raise fields.unexpected("weights", "a list")
        return _read_container(config, depth, rate)
    known_rate = outer_rate if rate is None else rate
    if architecture in ("Sequential", "sequential"):
        checked: Architecture = _read_sequential(fields, config, depth, rate, known_rate)
    else:
        checked = _read_config(fields, architecture, config, depth, rate, known_rate, _is_by_trainer(fields))
    if not any_channels:
        _check_mono(fields, checked)
    check_limits(config, checked)
    weights = NO_WEIGHTS if isinstance(checked, SequentialConfig) else _counted_weights(fields, checked)
    check_work(config, checked)
    if isinstance(checked, ConvNetConfig):
        checked.check(weights, f"{fields.file}: {config.where}")
    if rate is None and isinstance(checked, SequentialConfig):
        rate = next((model.sample_rate for model in checked.models if model.sample_rate is not None), None)
    return Leaf(checked, weights, rate)


def _counted_weights(fields: Fields, config: Architecture) -> Weights:
    """All weights of an object, exactly as many as its configuration asks for."""
    return check_count(fields, read_weights(fields), config.weight_count, config.shape)


def _is_by_trainer(fields: Fields) -> bool:
    """Whether the trainer wrote an object: it dates each to the second, in its own way."""
    metadata = fields.values.get("metadata")
    date = metadata.get("date") if isinstance(metadata, dict) else None
    return isinstance(date, dict) and date.keys() >= {"year", "month", "day", "hour", "minute", "second"}


def _check_mono(fields: Fields, config: Architecture) -> None:
    for what, channels in (("input", config.inputs), ("output", config.outputs)):
        if channels != 1:
            found = f"{fields.where or 'the model'} has {channels} {what} channels"
            raise fields.error(f"{found}; rig plays mono models only")


def _read_config(
    fields: Fields,
    architecture: str,
    config: Fields,
    depth: int,
    rate: float | None,
    known_rate: float | None,
    by_trainer: bool,
) -> Architecture:
    if architecture == "WaveNet":
        condition = None
        if config.get("condition_dsp") is not None:
            inside = config.child("condition_dsp")
            document = read_document(inside, depth + 1, known_rate, any_channels=True)
            condition = whole(document)
            if document.sample_rate != rate:
                found, expected = (f"{r:g} Hz" if r else "none" for r in (document.sample_rate, rate))
                raise inside.error(f"{inside.where} has a sample rate of {found}, the model around it {expected}")
        return read_wavenet(config, condition)
    if architecture == "LSTM":
        return read_lstm(config, known_rate)
    if architecture == "ConvNet":
        return read_convnet(config)
    if architecture == "Linear":
        return read_linear(config, by_trainer)
    raise fields.unexpected("architecture", ARCHITECTURES)


def _read_sequential(
    fields: Fields, config: Fields, depth: int, rate: float | None, known_rate: float | None
) -> SequentialConfig:
    """A chain, in any of the three forms it is written in; see `chain_entries`."""
    key, entries = chain_entries(config)
    if any(is_bare(entry) for _, entry in entries):
        return _read_bare_chain(fields, config, depth, rate)
    config.warn_unknown([key, "weights_version"])
    models: list[Leaf] = []
    for place, entry in entries:
        inside = config.inside(place, entry)
        document = read_document(inside, depth + 1, known_rate, any_channels=True)
        model = whole(document)
        models.append(model)
        _check_link(inside, models)
        if rate is None:
            rate = known_rate = document.sample_rate
        _check_same_rate(inside, document.sample_rate, rate)
    chain = SequentialConfig(tuple(models))
    _counted_weights(fields, chain)
    return chain


def _read_bare_chain(fields: Fields, config: Fields, depth: int, rate: float | None) -> SequentialConfig:
    """The form of the trainer: configurations alone, and one list with the weights of all, one behind the other."""
    weights = read_weights(fields)
    rest = weights

    def read(config: Fields, depth: int) -> SequentialConfig:
        nonlocal rest
        if depth > MAX_DEPTH:
            raise config.error(f"{config.where}: networks are nested more than {MAX_DEPTH} deep")
        key, entries = chain_entries(config)
        config.warn_unknown([key, "weights_version"])
        models: list[Leaf] = []
        for place, entry in entries:
            inside = config.inside(place, entry)
            fields.count("networks", 1, MAX_NETWORKS)
            architecture, inner = bare_model(inside)
            if architecture == "Sequential":
                models.append(Leaf(read(inner, depth + 1), NO_WEIGHTS, rate))
            else:
                checked = _read_config(fields, architecture, inner, depth + 1, rate, rate, True)
                check_limits(inner, checked)
                own, rest = rest[: checked.weight_count], rest[checked.weight_count :]
                if own.size < checked.weight_count:
                    raise fields.error(
                        f"{fields.at('weights')} holds {weights.size} weights, too few: {inside.where} "
                        f"({shown(checked.shape, 100)}) asks for {checked.weight_count}, and {own.size} are left"
                    )
                check_work(inner, checked)
                if isinstance(checked, ConvNetConfig):
                    checked.check(own, f"{fields.file}: {inside.where}")
                models.append(Leaf(checked, own, rate))
            _check_link(inside, models)
        return SequentialConfig(tuple(models))

    chain = read(config, depth)
    if rest.size:
        raise fields.error(
            f"{fields.at('weights')} holds {weights.size} weights, {rest.size} more than the chain asks for"
        )
    return chain


def _check_link(fields: Fields, models: list[Leaf]) -> None:
    """The last of a chain reads what the one before it gives."""
    if len(models) > 1 and models[-1].config.inputs != models[-2].config.outputs:
        found = f"{fields.where} has {models[-1].config.inputs} input channels"
        raise fields.error(f"{found}, expected {models[-2].config.outputs}, the outputs of the model before")


def _check_same_rate(fields: Fields, inner: float | None, rate: float | None) -> None:
    if inner is not None and rate is not None and inner != rate:
        raise fields.error(f"{fields.where} has a sample rate of {inner:g} Hz, the model around it {rate:g} Hz")


def _read_container(config: Fields, depth: int, rate: float | None) -> Container:
    limits: list[float] = []
    submodels: list[Leaf | Container] = []
    for i, value in enumerate(config.sequence("submodels")):
        entry = config.inside(f"submodels[{i}]", value)
        limits.append(entry.number("max_value"))
        if i and limits[i] <= limits[i - 1]:
            raise entry.unexpected("max_value", f"more than {limits[i - 1]}, that of the submodel before")
        submodel = entry.child("model")
        document = read_document(submodel, depth + 1, rate)
        _check_same_rate(submodel, document.sample_rate, rate)
        submodels.append(document)
    if limits[-1] < 1.0:
        where = config.at(f"submodels[{len(limits) - 1}].max_value")
        raise config.error(f"{where}, the last, is {limits[-1]}, expected at least 1")
    return Container(tuple(limits), tuple(submodels), rate)


def _check_version(fields: Fields) -> None:
    version = fields.text("version")
    match = re.fullmatch(r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})", version)
    if not match:
        raise fields.unexpected("version", "three numbers like 0.5.4")
    numbers = tuple(int(n) for n in match.groups())
    if not (0, 5) <= numbers[:2] <= (0, 7):
        is_old = numbers < (0, 5)
        way_out = "export the model again with a trainer of 2023 or later" if is_old else "a newer rig may know it"
        raise fields.unexpected("version", f"0.5.0 to 0.7.x; {way_out}")
    if numbers > (0, 7, 0):
        fields.warn(f"version {shown(version)} is newer than 0.7.0 and may use what rig does not know")


def _read_rate(fields: Fields) -> float | None:
    """Hz; None if the file does not say."""
    if fields.get("sample_rate") is None:
        return None
    rate = fields.number("sample_rate")
    if rate == UNKNOWN_RATE:
        fields.warn(f"{fields.at('sample_rate')} is {UNKNOWN_RATE}, which stands for unknown")
        return None
    low, high = SAMPLE_RATES
    if not low <= rate <= high:
        raise fields.unexpected("sample_rate", f"{low} to {high} Hz")
    return rate
