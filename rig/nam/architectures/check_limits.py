"""What a network as a whole may ask for; its single numbers are checked where they are read."""

from __future__ import annotations

from ..format.fields import Fields
from ..format.limits import MAX_HISTORY, MAX_MACS, MAX_PREWARM_MACS, MAX_RECEPTIVE_FIELD
from .base import Architecture


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
