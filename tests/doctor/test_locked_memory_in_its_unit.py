"""What the doctor says about memory that may be locked is said in the unit it stands in."""

from __future__ import annotations

import pytest

from rig.doctor import limits


@pytest.fixture
def swapping(tmp_path):
    """A system that has swap."""
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "swaps").write_text("Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n")
    return tmp_path


@pytest.mark.parametrize(
    ("limit_bytes", "state", "words"),
    [
        (64 << 10, "warn", "Only 64 kB of memory"),
        (1000 << 10, "warn", "Only 1000 kB of memory"),
        (1 << 20, "warn", "Only 1 MB of memory"),
        (8 << 20, "warn", "Only 8 MB of memory"),
        (255 << 20, "warn", "Only 255 MB of memory"),
        (256 << 20, "ok", "256 MB of memory"),
        (-1, "ok", "Any amount of memory"),
    ],
)
def test_a_limit_is_told_as_it_is(swapping, limit_bytes, state, words):
    found = limits.memlock(swapping, limit_bytes)
    assert found.state == state
    assert found.text.startswith(words)
