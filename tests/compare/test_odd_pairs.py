"""Pairs that no model can be judged by, refused by name before any model is tried."""

import numpy as np
import pytest
import soundfile as sf

from rig.compare.pair import TakeFiles, open_take
from rig.errors import CompareError


def test_a_pair_at_a_rate_that_no_model_plays_at_names_its_file(tmp_path):
    x = np.random.default_rng(0).uniform(-0.5, 0.5, 24000)
    files = TakeFiles(tmp_path / "odd.aiff", tmp_path / "wet.aiff")
    for path in (files.dry, files.wet):
        sf.write(path, x, 48053)
    with pytest.raises(CompareError, match=r"^odd\.aiff has 48053 Hz, at which no model plays: .* at 48000 Hz"):
        open_take(files)
