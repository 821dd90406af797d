"""A sound takes over in one step: with its cabinet, gate and filter; and a preset's file is read once for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from preset_stage import Set, four_presets
from preset_stage import write as write_presets
from rigs import NANO

from rig.library import preset as preset_module
from rig.library.preset import Preset


@pytest.fixture
def noisy(tmp_path, monkeypatch):
    """Two presets that differ in gate and filter."""
    monkeypatch.chdir(tmp_path)
    return write_presets(
        tmp_path / "set",
        Preset("1 open", NANO, gate={"on": False}, rumble_hz=0.0),
        Preset("2 tight", NANO, gate={"on": True, "threshold_dbfs": -50.0}, rumble_hz=60.0),
    )


def test_gate_and_filter_are_set_when_the_preset_is_handed_over_not_afterwards(noisy, monkeypatch):
    it = Set(noisy)
    engine, seen = it.bench.engine, []
    hand_over = engine.play

    def watched(*change):
        seen.append((engine.noise.gate_dbfs, engine.noise.rumble_hz, it.player.sound.model.path))
        hand_over(*change)

    monkeypatch.setattr(engine, "play", watched)
    told = it.do("preset", 2)
    assert seen == [(pytest.approx(-50.0), 60.0, NANO)]
    assert told.index("Gate     on, opens at -50.0 dBFS") < told.index("Preset   2 2 tight")
    assert told.count("Gate     ") == 1  # threshold and switch have one sentence
    it.do("preset", 1)
    assert seen[1:] == [(None, None, NANO)]
    it.player.close()


def test_a_file_of_the_setlist_is_parsed_once_and_again_when_it_has_changed(tmp_path, monkeypatch):
    parsed, parse = [], preset_module.read_toml

    def counted(path, *more):
        parsed.append(path)
        return parse(path, *more)

    monkeypatch.setattr(preset_module, "read_toml", counted)
    paths = four_presets(tmp_path, monkeypatch)
    it = Set(paths)
    it.ready()
    assert sorted(parsed) == sorted(paths)
    it.do("preset", 2)
    it.ready()
    assert sorted(parsed) == sorted(paths)
    louder = replace(Preset.load(paths[0]), output_trim_db=-9.0)
    paths[0].write_text(louder.text(paths[0].parent) + "# changed\n", encoding="utf-8")
    it.do("preset", 1)
    assert it.player.value("output_trim") == -9.0
    it.player.close()


def test_a_setting_of_a_table_that_nobody_knows_is_told_and_kept_out(noisy):
    noisy[1].write_text(noisy[1].read_text() + "\n[echo]\ndelay_ms = 300\n", encoding="utf-8")
    it = Set(noisy)
    assert "[echo] delay_ms: nobody here knows this setting; it is ignored." in it.do("preset", 2)
    it.player.close()
