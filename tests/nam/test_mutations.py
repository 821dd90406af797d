"""Files that were damaged at random are refused, or they play. A crash or a hang costs a child process only."""

from __future__ import annotations

import faulthandler
import os
import re
import tempfile
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from child import run_in_child
from damaged_models import LSTM, PLAIN, mutated
from hostile import PATIENCE_S
from model_files import write

from rig.errors import ModelError
from rig.nam import Model

AT_ONCE = 2000  # cases in one process
MOST_WORK = 2e9  # multiply-adds that a test may spend on one file
MISCOUNTED = re.compile(r"the file holds \d+ weights, .* asks for (\d+)$")
REPAIRED = 20_000  # weights


def outcome(data: bytes, path: Path, seed: int, repaired: bool = False) -> str:
    """Refused, played, or too much work for a test."""
    path.write_bytes(data)
    try:
        model = Model.load(path)
    except ModelError as error:
        assert re.match(rf"{re.escape(path.name)}: \S", str(error)) and str(error).isprintable(), str(error)
        # Where only the count of weights is wrong, the mutation itself was never put to the test.
        miscounted = MISCOUNTED.search(str(error))
        if miscounted and not repaired and int(miscounted[1]) <= REPAIRED and b'"weights": [' in data:
            count = int(miscounted[1])
            weights = np.random.default_rng(seed).standard_normal(count).round(3)
            return outcome(_with_weights(data, weights), path, seed, repaired=True)
        return "refused"
    config = model.leaf.config
    if config.macs_per_sample * config.prewarm_samples > MOST_WORK or config.history_floats > 1 << 20:
        return "too much work"
    x = np.random.default_rng(seed).uniform(-1, 1, 64).astype(np.float32)
    small = model.smaller()
    for one in filter(None, (model, small)):
        try:
            network = one.network()
        except ModelError as error:
            assert re.search("its answer to silence is no (number|sound)", str(error))
            return "refused"
        y = network.process(x)
        network.reset()
        assert np.array_equal(network.process(x), y, equal_nan=True)
    return "played" if np.isfinite(y).all() else "played beyond float32"


def _with_weights(data: bytes, weights: Any) -> bytes:
    """The last list of weights in the text, most often the root's, exchanged."""
    before, key, after = data.rpartition(b'"weights": [')
    return before + key + ", ".join(map(str, weights)).encode() + b"]" + after.partition(b"]")[2]


def compiled(path: Path) -> None:
    """Have the kernels ready: that takes a while, and is no hang."""
    for model in (PLAIN, LSTM):
        Model.load(write(path, model)).network().process(np.zeros(64))


def outcomes(first: int, count: int, note: str) -> dict[str, int]:
    """Try the cases from a seed on; the file `note` says which one is at work."""
    faulthandler.enable()
    warnings.simplefilter("error")
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, open(note, "wb", buffering=0) as at_work:
        path = Path(folder) / "damaged amp.nam"
        compiled(path)
        for seed in range(first, first + count):
            os.pwrite(at_work.fileno(), b"%12d" % seed, 0)
            faulthandler.dump_traceback_later(PATIENCE_S, exit=True)
            found[outcome(mutated(seed), path, seed)] += 1
    faulthandler.cancel_dump_traceback_later()
    return dict(found)


def tried(first: int, count: int, note: Path) -> Counter[str]:
    """The same in a process of its own; what went wrong there is said with its seed."""
    try:
        return Counter(run_in_child(outcomes, first, count, str(note), timeout_s=3600))
    except AssertionError as error:
        seed = note.read_text().strip() if note.exists() else "none"
        raise AssertionError(f"the case of seed {seed} failed: outcome(mutated({seed}), ...)\n{error}") from None


def all_tried(count: int, folder: Path) -> Counter[str]:
    """So many cases, spread over the cores."""
    compiled(folder / "warm.nam")
    starts = range(0, count, AT_ONCE)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = pool.map(lambda s: tried(s, min(AT_ONCE, count - s), folder / f"{s}.txt"), starts)
        return sum(parts, Counter())


def check(found: Counter[str], count: int) -> None:
    assert found.total() == count
    assert found["refused"] > 0.4 * count  # the damage is real ...
    assert found["played"] > 0.1 * count  # ... and goes further than the first check


def test_a_damaged_file_is_refused_or_plays(tmp_path):
    check(all_tried(1200, tmp_path), 1200)


@pytest.mark.soak
def test_very_many_damaged_files_are_refused_or_play(tmp_path, capsys):
    found = all_tried(200_000, tmp_path)
    with capsys.disabled():
        print(f"\n200,000 damaged files: {dict(found)}")
    check(found, 200_000)
