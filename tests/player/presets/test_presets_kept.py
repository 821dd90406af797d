"""Presets in the player: as loud as they are to be, saved, and offered again at the next start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from jackclients import wait_until
from preset_stage import Set, four_presets, write
from responses import coloured
from rigs import A2, NANO, RATE, db, guitar

from rig.audio import wav
from rig.audio.loudness import integrated_lufs
from rig.levels import Level
from rig.library.last_session import LastState
from rig.library.preset import CabinetPart, Preset
from rig.player.presets import keeping


@pytest.fixture
def four(tmp_path, monkeypatch):
    return four_presets(tmp_path, monkeypatch)


# ---------------------------------------------------------------- loudness
def loudness(it):
    """Of what plays, on one pass of a guitar that goes round. 30 dB up, above the gate of the standard."""
    x = guitar(3 * RATE)
    it.bench.process(x)
    return integrated_lufs(10**1.5 * it.bench.stereo(x), RATE) - 30


@pytest.fixture
def loud_and_soft(tmp_path):
    for i, level in enumerate((0.5, 0.05)):
        wav.write(tmp_path / f"{i}.wav", coloured(i, peak=level), RATE, "FLOAT")
    parts = [(CabinetPart(tmp_path / f"{i}.wav"),) for i in range(2)]
    return [
        Preset("a", NANO, cabinet=parts[0], output_trim_db=-3.0),
        Preset("b", A2, cabinet=parts[1], output_trim_db=2.0),
        Preset("c", NANO, cabinet=(CabinetPart(tmp_path / "0.wav", -10.0), CabinetPart(tmp_path / "1.wav", pan=0.5))),
    ]


def gain_arrives(it):
    """A gain that nobody asked for follows after a moment of calm."""
    cabinets, equal = it.player.cabinets, it.player.equal

    def arrived():
        it.poll()
        return abs(cabinets.applied_db - equal.gain_db(cabinets.playing)) < 0.1

    wait_until(arrived, "the gain", 60)
    it.bench.settle()


def test_with_equal_loudness_all_presets_are_equally_loud_from_their_first_note(loud_and_soft, tmp_path):
    it = Set(write(tmp_path / "set", *loud_and_soft))
    it.ready()
    plain = []
    for number in (1, 2, 3):
        it.do("preset", number)
        plain.append(loudness(it))
    it.do("preset", 1)
    it.do("equal_loudness")
    equal = it.player.equal
    equal.use(guitar(3 * RATE), "three seconds")
    coming = lambda: it.presets.loudness.coming  # noqa: E731
    wait_until(lambda: (it.poll(), len(coming()) == 3)[1], "all to be ready", 60)
    wait_until(lambda: (it.poll(), all(equal.highest_lufs(*one) is not None for one in coming()))[1], "all", 120)
    gain_arrives(it)
    heard = []
    for number in (1, 2, 3, 1, 2):
        changes = int(it.bench.engine.record["handover"]["changes"])
        it.do("preset", number)
        heard.append(loudness(it))
        assert int(it.bench.engine.record["handover"]["changes"]) == changes + 1  # nothing has to follow
    print(f"plain {np.round(plain, 1)} LUFS, equal {np.round(heard, 2)} LUFS")
    assert np.ptp(plain) > 6
    assert np.ptp(heard) < 0.2
    it.player.set("output_trim", it.player.value("output_trim") - 3.0)  # the volume stays in the player's hand
    it.bench.settle()
    assert loudness(it) == pytest.approx(heard[-1] - 3.0, abs=0.2)
    it.player.close()


def test_a_stored_loudness_is_played_and_what_is_saved_comes_back_as_loud(loud_and_soft, tmp_path):
    stored = [replace(loud_and_soft[0], loudness_lufs=-30.0), replace(loud_and_soft[1], loudness_lufs=-36.5)]
    paths = write(tmp_path / "set", *stored, replace(loud_and_soft[2], equal_loudness=False))
    it = Set(paths, folder=tmp_path / "set")
    it.player.equal.use(guitar(3 * RATE), "three seconds")
    heard = lambda: it.player.equal.is_matched(it.player.cabinets.playing)  # noqa: E731
    for number, wanted in ((1, -30.0), (2, -36.5)):
        it.do("preset", number)
        wait_until(lambda: (it.poll(), heard())[1], "the loudness", 60)
        gain_arrives(it)
        assert loudness(it) == pytest.approx(wanted, abs=0.2)
    it.player.set("output_trim", 0.0)
    it.bench.settle()
    before = loudness(it)
    it.do("save_preset", text="mine")
    again = Preset.load(tmp_path / "set" / "mine.toml")
    assert again.loudness_lufs == pytest.approx(before, abs=0.2)
    it.do("preset", 3)
    assert it.player.cabinets.applied_db == 0.0
    assert "4 mine" in it.do("preset", 4)
    assert loudness(it) == pytest.approx(before, abs=0.2)
    it.player.close()


# ---------------------------------------------------------------- saving
def test_what_is_saved_is_a_new_file_that_sounds_the_same(four, tmp_path):
    it = Set(four, folder=tmp_path / "set")
    it.do("preset", 2)
    it.do("part_delay", 1)
    it.do("input_trim", 1)
    told = it.do("save_preset", text=" Lead ")
    assert "Saved    " in told
    assert "Lead.toml, number 5" in told
    it.do("save_preset", text="Lead")
    it.do("save_preset", text="")
    saved = {path.name for path in (tmp_path / "set").glob("*.toml")} - {path.name for path in four}
    assert saved == {"Lead-2.toml", "Lead.toml", "preset.toml"}
    text = (tmp_path / "set" / "Lead.toml").read_text()
    assert 'model = "../small.nam"' in text
    x = guitar(RATE)
    it.bench.process(np.zeros(5 * RATE))
    want = it.bench.stereo(x)
    it.do("preset", 1)
    assert "5 Lead" in it.do("preset", 5)
    it.bench.process(np.zeros(5 * RATE))
    assert db(it.bench.stereo(x) - want, want) < -120
    alone = Set([tmp_path / "set" / "Lead.toml"])
    alone.bench.process(np.zeros(5 * RATE))
    assert db(alone.bench.stereo(x) - want, want) < -120
    for one in (it, alone):
        one.player.close()


def test_a_mix_made_equally_loud_is_saved_as_it_sounds(four, tmp_path):
    first = next((tmp_path / "cabs").rglob("mic1.wav"))
    wav.write(tmp_path / "soft.wav", 0.03 * coloured(8), RATE, "FLOAT")
    it = Set([], models=[NANO], irs=[first, tmp_path / "soft.wav"], ir_named=True)
    it.do("equal_loudness")
    wait_until(lambda: (it.poll(), it.player.equal.count == 2)[1], "the loudness", 60)
    it.do("mix_add")
    it.do("next_ir")
    levels = it.player.mixer.levels_db()
    assert levels[1] > 10
    wait_until(lambda: (it.poll(), it.player.equal.is_matched(it.player.cabinets.playing))[1], "the mix", 60)
    gain_arrives(it)
    want = it.bench.stereo(guitar(RATE))
    assert "Saved    presets/both.toml, number 1" in it.do("save_preset", text="both")
    again = Set([Path("presets/both.toml")])
    assert [part.gain_db for part in again.presets.playing.cabinet] == pytest.approx(levels)
    wait_until(lambda: (again.poll(), again.player.equal.is_matched(again.player.cabinets.playing))[1], "it", 60)
    gain_arrives(again)
    again.bench.process(np.zeros(5 * RATE))
    it.bench.process(np.zeros(5 * RATE))
    want, got = it.bench.stereo(guitar(RATE)), again.bench.stereo(guitar(RATE))
    assert integrated_lufs(got, RATE) == pytest.approx(integrated_lufs(want, RATE), abs=0.1)
    for one in (it, again):
        one.player.close()


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "~me", "a\nb", "x" * 81, 'a"b', "a\x00b"])
def test_a_name_that_no_file_should_have_is_refused(four, tmp_path, name):
    it = Set(four, folder=tmp_path / "set")
    before = sorted(tmp_path.rglob("*"))
    assert "cannot be the name of a preset" in it.do("save_preset", text=name)
    assert sorted(tmp_path.rglob("*")) == before
    it.player.close()


def test_a_folder_that_cannot_be_written_is_a_sentence_and_the_sound_goes_on(four, tmp_path):
    (tmp_path / "file").touch()
    it = Set(four, folder=tmp_path / "file")
    assert "x.toml: cannot be written; there is no folder" in it.do("save_preset", text="x")
    assert len(it.presets.setlist.paths) == 4
    it.player.close()


# ---------------------------------------------------------------- what was played last
def test_what_is_played_is_kept_now_and_then_and_at_the_end(four, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(keeping, "KEEP_EVERY_S", 0.0)
    it = Set(four, folder=tmp_path / "set", keeps=True, interface=Level(12.2, "test"))
    it.do("preset", 2)
    wait_until(lambda: (it.poll(), (last := LastState.load()) and last.preset.name == "2 crunch")[1], "the state")
    written = LastState.load()
    assert (written.setlist, written.interface) == (tmp_path / "set", Level(12.2, "test"))
    assert [part.inverted for part in written.preset.cabinet] == [False, True]
    stamp = written.preset.source.stat().st_mtime_ns
    for _ in range(5):
        it.poll()
    assert written.preset.source.stat().st_mtime_ns == stamp  # not again, as long as nothing changes
    monkeypatch.setattr(keeping, "KEEP_EVERY_S", 1e9)
    it.do("output_trim", 1)
    x = guitar(RATE)
    it.bench.process(np.zeros(5 * RATE))
    want = it.bench.stereo(x)
    it.player.close()
    last = LastState.load()
    assert last.preset.output_trim_db == -3.0
    again = Set(four, first=last.preset, folder=last.setlist, interface=last.interface)
    assert again.presets.label == "2 crunch"
    again.bench.process(np.zeros(5 * RATE))
    assert db(again.bench.stereo(x) - want, want) < -120
    assert "1 1 clean" in again.do("preset", 1)
    again.player.close()


def test_a_session_in_which_nothing_was_changed_does_not_replace_what_was_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(keeping, "KEEP_EVERY_S", 0.0)
    it = Set([], models=[NANO], keeps=False)
    it.poll()
    it.player.close()
    assert LastState.load() is None
    it = Set([], models=[NANO], keeps=False)
    it.poll()
    it.do("output_trim", 1)
    it.player.close()
    assert LastState.load().preset.output_trim_db == 1.0


def test_a_state_that_cannot_be_kept_is_told_once(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(keeping, "KEEP_EVERY_S", 0.0)
    it = Set([], models=[NANO], keeps=True)
    wait_until(lambda: (it.poll(), "could not be kept" in it.told.text)[1], "the sentence")
    it.player.set("output_trim", 3.0)
    it.player.close()
    assert it.told.text.count("could not be kept") == 1
