"""The folder of a self-test: gone when the test has ended, there as long as a sentence says that something is in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rig.capture.result.rejected import TakeOnDisk
from rig.cli.capturing.take_session import capture_folder


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_what_was_recorded_of_a_self_test_that_is_ended_by_hand_is_where_the_sentence_says(temporary):
    with pytest.raises(KeyboardInterrupt), capture_folder(Path("captures"), temporary=True) as folder:
        kept = TakeOnDisk(folder, "self-test")
        kept.store(np.array([0.0, 0.5]), "Ended by hand.", {})
        said = kept.sentence
        raise KeyboardInterrupt
    kept = Path(said.removeprefix("What was recorded is kept in ").removesuffix("."))
    assert kept.is_relative_to(temporary)
    assert (kept / "take.wav").is_file()


def test_a_self_test_leaves_nothing_where_it_has_ended_or_recorded_nothing(temporary):
    with capture_folder(Path("captures"), temporary=True) as folder:
        (folder / "self-test").mkdir()
    with pytest.raises(KeyboardInterrupt), capture_folder(Path("captures"), temporary=True):
        raise KeyboardInterrupt
    assert not list(temporary.iterdir())
