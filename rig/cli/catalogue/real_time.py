"""What models take of a core of this machine: measured once for each shape, as those of one shape cost the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import RigError

if TYPE_CHECKING:
    from ...catalogue.found import Found

BLOCK = 64


def shares_of_real_time(models: Sequence[Found]) -> dict[str, float]:
    """The share of real time, 0 to 1, by content hash; of those that can be played."""
    from ...bench import network_cost
    from ...nam import load_model

    costs: dict[str, float | None] = {}
    for model in models:
        shape = model.facts.shape
        if costs.get(shape) is None:
            try:
                costs[shape] = network_cost(load_model(model.path).network(), block=BLOCK)
            except RigError:  # it has just gone; another of its shape may be there
                costs[shape] = None
    return {
        model.sha256: cost * model.facts.sample_rate_hz * 1e-9
        for model in models
        if (cost := costs[model.facts.shape]) is not None
    }
