"""Every model of the reference set on aarch64, once through, and the same in blocks of other lengths for a while.

tests/nam/test_reference.py plays all of it in seven ways, which takes hours where the processor is emulated.
"""

import json
import platform
from pathlib import Path

import numpy as np
import pytest
import soundfile
from drivers import play
from judge import error_db
from places import SHARED

from rig.nam import Model

REFERENCE = SHARED / "reference"
if platform.machine().lower() not in ("aarch64", "arm64"):
    pytest.skip("tests/nam/test_reference.py does more on this machine", allow_module_level=True)
if not REFERENCE.exists():
    pytest.skip("the reference set is not here", allow_module_level=True)

CASES = [case for case in json.loads((REFERENCE / "index.json").read_text()) if not case.get("fast_tanh")]
X = soundfile.read(REFERENCE / "input.wav", dtype="float32")[0]
SHORT = 3000
BLOCKS = (1, 7, 100, 4096, (1, 7, 64, 33, 128, 5, 512, 100))


@pytest.mark.parametrize("case", CASES, ids=lambda case: Path(case["expected"]).stem)
def test_the_output_is_that_of_the_reference_and_the_same_in_any_blocks(case):
    model = Model.load(REFERENCE / case["model"], 1.0 if case["slim"] is None else case["slim"])
    network, expected = model.network(), np.load(REFERENCE / case["expected"])
    y = play(network, X, 64)
    error = error_db(y.astype(np.float64), expected)
    print(f"{Path(case['expected']).stem}: {error:.1f} dB")
    assert error <= -90
    assert np.abs(y.astype(np.float64) - expected).max() <= 1e-4 * max(1, np.abs(expected).max())
    for blocks in BLOCKS:
        network.reset()
        assert np.array_equal(play(network, X[:SHORT], blocks), y[:SHORT]), blocks
