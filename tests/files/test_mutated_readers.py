"""Whatever is damaged in a file that rig reads: one sentence or success; no traceback, no hang, below a gigabyte."""

from __future__ import annotations

import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from child import run_in_child
from mutants import KINDS, outcomes

PATIENCE_S = 60.0  # for one file, on a machine that has other things to do
MOST_MB = 1000
AT_ONCE = 2500  # files in one process


def tried(first: int, count: int, note: Path) -> Counter[str]:
    """So many cases in a process of their own; what went wrong there is said with its seed."""
    try:
        done = run_in_child(outcomes, first, count, str(note), PATIENCE_S, timeout_s=3600)
    except AssertionError as error:
        seed = note.read_text().strip() if note.exists() else "none"
        raise AssertionError(f"the case of seed {seed} failed: mutants.outcome({seed}, folder)\n{error}") from None
    assert done["most_mb"] < MOST_MB
    return Counter(done["found"])


def check(found: Counter[str], count: int) -> None:
    assert found.total() == count
    for kind in KINDS:  # the damage is real, and goes further than the first check
        assert found[f"{kind} read"] + found[f"{kind} refused"] > count / len(KINDS) / 2, kind
    assert sum(found[f"{kind} refused"] for kind in KINDS) > 0.2 * count
    assert sum(found[f"{kind} read"] for kind in KINDS) > 0.1 * count


def test_damaged_files_of_every_kind_are_read_or_refused_in_one_sentence(tmp_path):
    check(tried(1, 2000, tmp_path / "note"), 2000)


@pytest.mark.soak
def test_very_many_damaged_files_of_every_kind(tmp_path, capsys):
    first, count = random.SystemRandom().randrange(1 << 40), 20_000
    with capsys.disabled():
        print(f"\n20,000 damaged files, from seed {first}")
    starts = range(first, first + count, AT_ONCE)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = pool.map(lambda start: tried(start, AT_ONCE, tmp_path / f"{start}"), starts)
        found = sum(parts, Counter())
    with capsys.disabled():
        print(dict(found))
    check(found, count)
