"""A preset sounds as its file says, whatever was under way; a file that says nonsense never sounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from preset_stage import IRS, Set, four_presets, write
from rigs import NANO, db, guitar

from rig.errors import PresetError
from rig.library.preset import CabinetPart, Preset

X = guitar(24000)


@pytest.fixture
def four(tmp_path, monkeypatch):
    return four_presets(tmp_path, monkeypatch)


def heard(stage):
    stage.bench.process(np.zeros(5 * 48000))  # the blocker of DC forgets
    return stage.bench.stereo(X)


def test_a_cabinet_that_is_switched_off_is_not_heard_until_it_is_switched_on(tmp_path):
    parts = (CabinetPart(IRS[0]),)
    off, none, on = write(
        tmp_path / "set",
        *(Preset("1 off", NANO, cabinet=parts, no_cabinet=True), Preset("2 none", NANO)),
        Preset("3 on", NANO, cabinet=parts),
    )
    stage = Set([off])
    assert "Cabinet  none" in stage.told.text
    want = heard(Set([none], none))
    got = heard(stage)
    assert db(got - want, want) < -120
    stage.do("no_cabinet")
    want = heard(Set([on], on))
    assert db(heard(stage) - want, want) < -120


def test_blind_no_preset_can_be_called_that_would_tell_the_name(four):
    stage = Set(four)
    stage.ready()
    assert "without names" in stage.do("blind")
    for command, number in (("preset", 2), ("next_preset", 0), ("previous_preset", 0)):
        said = stage.do(command, number)
        assert "A preset would tell names; v takes the blindfold off." in said
        assert "Preset   " not in said
    assert stage.presets.label == "1 1 clean"
    assert stage.player.cabinets.browsing.blind
    stage.player.close()


def test_a_mix_that_is_ready_too_late_does_not_replace_the_one_of_the_preset_called_meanwhile(four):
    crunch = Preset.load(four[1])
    louder = tuple(replace(part, gain_db=part.gain_db + 6.0) for part in reversed(crunch.cabinet))
    fifth = write(four[0].parent, replace(crunch, name="5 other mix", cabinet=louder))
    paths = [*four, *fifth]
    stage = Set(paths, paths[1])
    stage.ready()
    want = heard(Set(fifth, fifth[0]))
    stage.player.do("part_gain", -1)  # a mix is being made ...
    stage.player.do("preset", 5)
    stage.presets.arrive(60)  # ... and is ready only behind the preset
    assert stage.player.arrive(60)
    stage.bench.settle()
    stage.poll()
    got = heard(stage)
    assert db(got - want, want) < -100
    stage.player.close()


def loud(folder):
    """The path of a preset whose files are there."""
    for name in ("a.nam", "a.wav"):
        (folder / name).touch()
    return folder / "loud.toml"


@pytest.mark.parametrize(
    ("line", "range_"),
    [
        ("gain_db = 500.0", "-40 to 40 dB"),
        ("gain_db = -500.0", "-40 to 40 dB"),
        ("delay_ms = 500.0", "-20 to 20 ms"),
        ("pan = 2.0", "-1 to 1"),
    ],
)
def test_a_part_that_nobody_could_set_by_key_is_refused_with_its_line(tmp_path, line, range_):
    path = loud(tmp_path)
    path.write_text(f'model = "a.nam"\n\n[[cabinet]]\nir = "a.wav"\n{line}\n')
    with pytest.raises(PresetError, match=rf"^loud\.toml, line 5: .*{line.split()[0]}.*{range_}"):
        Preset.load(path)


@pytest.mark.parametrize("key", ["input_trim_db", "output_trim_db", "preamp_gain_db"])
def test_a_level_that_would_hurt_is_refused_with_its_line(tmp_path, key):
    path = loud(tmp_path)
    path.write_text(f'model = "a.nam"\n{key} = 100.0\n')
    with pytest.raises(PresetError, match=rf"^loud\.toml, line 2: .*{key}.* dB"):
        Preset.load(path)
