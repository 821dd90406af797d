"""`rig doctor` about a model: one cabinet, the levels that are known, its rate and its cost."""

from __future__ import annotations

import model_files
import pytest
from rigs import NANO

from rig.cabinet.ir import IR
from rig.doctor import playing
from rig.files import bundled
from rig.levels import Level
from rig.nam import Model
from rig.sound import Sound


def described(tmp_path, **metadata):
    document = {**model_files.wavenet([2], seed=1), "metadata": metadata}
    return Model.load(model_files.write(tmp_path / "m.nam", document))


@pytest.mark.parametrize(
    ("gear", "with_ir", "named", "state"),
    [
        ("amp_cab", True, True, "warn"),
        ("amp_cab", False, False, "ok"),
        ("amp", True, False, "ok"),
        ("amp", False, False, "warn"),
        ("pedal", False, False, "ok"),
        (None, True, False, "unknown"),
    ],
)
def test_one_cabinet_is_right(tmp_path, gear, with_ir, named, state):
    model = described(tmp_path, **({"gear_type": gear} if gear else {}))
    assert playing.cabinet(model, IR.load(bundled.irs()[0]) if with_ir else None, named).state == state


def test_missing_levels_and_another_rate_are_notes_with_a_way_out(tmp_path):
    sound = Sound(described(tmp_path))
    found = playing.calibration(sound)
    assert found.state == "warn"
    assert "rig calibrate interface" in found.way_out and "--model-input-dbu" in found.way_out
    known = Sound(described(tmp_path, input_level_dbu=12.0), interface=Level(10.0, "table"))
    assert playing.calibration(known).state == "ok"
    assert playing.rate(sound, 48000).state == "ok"
    assert playing.rate(sound, 96000).state == "ok"  # stretched: nothing is added
    resampled = playing.rate(sound, 44100)
    assert resampled.state == "warn"
    assert "Run the server at 48000 Hz" in resampled.way_out
    assert playing.rate(sound, None).state == "unknown"


def test_the_cost_is_a_share_of_the_period():
    found = playing.cost(Model.load(NANO), 48000, 64)
    assert 0 < found.figures["share"] < 1
    assert NANO.name in found.text
