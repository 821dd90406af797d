"""A comparison keeps its memory while it runs, and gives it back."""

from __future__ import annotations

import resource
import sys

import numpy as np
import pytest

from rig.compare import kept_memory


def faults_of_arrays(count: int = 20) -> int:
    """Page faults of so many arrays of 8 MB, each freed before the next."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for i in range(count):
        np.full(1 << 20, float(i))
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(sys.platform != "linux" or kept_memory._glibc() is None, reason="only glibc can be told so")
def test_freed_memory_is_kept_for_a_while_and_given_back():
    with kept_memory.memory_kept():
        faults_of_arrays(2)
        kept = faults_of_arrays()
    given_back = faults_of_arrays()
    assert kept < given_back / 5


@pytest.mark.skipif(sys.platform != "linux", reason="page faults are counted as Linux counts them")
def test_where_there_is_no_glibc_nothing_happens(monkeypatch):
    with kept_memory.memory_kept():
        pass  # from here on as a process begins
    monkeypatch.setattr(kept_memory, "_glibc", lambda: None)
    with kept_memory.memory_kept():
        assert faults_of_arrays() > 20
