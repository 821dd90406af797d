"""How much a file may ask for: far more than any real model does, and checked before anything is allocated."""

from __future__ import annotations

from ..architectures.base import Architecture
from .fields import Fields

MAX_CHANNELS = 1024
MAX_LAYERS = 1024  # of one network
MAX_LAYERS_IN_FILE = 16 * MAX_LAYERS  # of all its networks
MAX_NETWORKS = 1024  # in a file: sizes, parts of a chain, conditioning networks
MAX_TAPS = 1 << 16  # of all convolutions in a file; Linear has its own
MAX_SLOPES = 1 << 15  # of all activations with one per channel
MAX_RECEPTIVE_FIELD = 1 << 20  # samples
MAX_HISTORY = 1 << 22  # numbers of signal, past and present; the widest public model keeps 400,000
MAX_PREWARM_MACS = 1 << 34  # of a recurrent network, before its first note: a second or two; an LSTM 1x24 takes 6e7
MAX_MACS = 1 << 22  # per sample; a hundred times the largest public model, which no CPU plays in real time


def check_limits(fields: Fields, config: Architecture) -> None:
    """Raise ModelError for a network that looks back too far."""
    for what, found, limit in (
        ("samples of receptive field", config.receptive_field_samples, MAX_RECEPTIVE_FIELD),
        ("numbers of history", config.history_floats, MAX_HISTORY),
    ):
        if found > limit:
            raise fields.error(f"{fields.where} asks for {found} {what}, more than the {limit} a model may have")


def check_work(fields: Fields, config: Architecture) -> None:
    """The same for work, which counts what lies between the groups; ask when the weights were counted."""
    if config.macs_per_sample > MAX_MACS:
        found = f"{config.macs_per_sample} multiply-adds per sample"
        raise fields.error(f"{fields.where} asks for {found}, more than the {MAX_MACS} a model may have")
    prewarm = config.macs_per_sample * config.prewarm_samples
    if config.recurrent and prewarm > MAX_PREWARM_MACS:
        found = f"{prewarm} multiply-adds to settle"
        raise fields.error(f"{fields.where} asks for {found}, more than the {MAX_PREWARM_MACS} a model may have")
