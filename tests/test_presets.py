"""Presets in the player: prepared ahead, switched in one fade, as loud as they are to be, saved, and kept."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import model_files
import numpy as np
import pytest
from browsing import FADE, PERIOD, changes_in, tone
from jackclients import wait_until
from numba.core.runtime import rtsys
from responses import coloured, folder_of
from rigs import A2, NANO, RATE, Bench, db, guitar

from rig import bundled, wav
from rig.control import presets as presets_module
from rig.control import setlist as setlist_module
from rig.control.player import Player
from rig.errors import PresetError
from rig.laststate import LastState
from rig.levels import Level
from rig.loudness import integrated_lufs
from rig.preset import CabinetPart, Preset

IRS = bundled.irs()


class Told(list):
    """What the player was told."""

    @property
    def text(self):
        return "\n".join(self)


class Set:
    """A player on an offline engine, with a setlist."""

    def __init__(self, paths, first=None, folder=None, models=(), irs=(), **options):
        self.bench, self.told = Bench(), Told()
        self.player = Player(
            *(self.bench.engine, self.told.append, models, irs),
            presets=paths,
            preset=first if first is not None else (paths[0].parent if paths else None),
            folder=folder,
            **options,
        )
        self.player.start()
        self.bench.settle()
        self.presets = self.player.presets

    def tend(self):
        self.bench.process(np.zeros(RATE // 50))
        self.player.tend()

    def do(self, name, number=0, text=None):
        """Carry out a command and wait for what it asks for."""
        self.told.clear()
        self.player.do(name, number, text)
        assert self.player.arrive(20)
        self.bench.settle()
        self.tend()
        return self.told.text

    def ready(self):
        """Wait until all presets lie ready."""
        wait_until(lambda: (self.tend(), self.presets._is_steady and self.presets.setlist.idle)[1], "the setlist", 60)

    @property
    def lane(self):
        return self.bench.engine.lanes[0].record


def write(folder: Path, *presets: Preset) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = []
    for preset in presets:
        path = folder / f"{preset.name}.toml"
        path.write_text(preset.text(folder), encoding="utf-8")
        paths.append(path)
    return paths


def small(path: Path, seed: int) -> Path:
    return model_files.write(path, model_files.wavenet([4, 2], seed=seed, dilations=(1, 2, 4)))


@pytest.fixture
def four(tmp_path, monkeypatch):
    """Four presets as different as they come; files that are written go into the same temporary folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cabs").mkdir()
    mics = folder_of(tmp_path / "cabs", 3, samples=900)
    mix = (CabinetPart(mics[0], -3.0, 0.2, -0.5), CabinetPart(mics[1], pan=0.5, inverted=True))
    return write(
        tmp_path / "set",
        Preset("1 clean", A2, cabinet=(CabinetPart(IRS[0]),), input_trim_db=-6.0, output_trim_db=3.0),
        Preset("2 crunch", small(tmp_path / "small.nam", 3), cabinet=mix, level_mode="raw", output_trim_db=-4.0),
        Preset("3 dry", NANO, bypass=True, cabinet=(CabinetPart(mics[2]),)),
        Preset("4 direct", NANO, input_trim_db=4.0, output_trim_db=-8.0),
    )


# ---------------------------------------------------------------- switching
def switch(paths, switches):
    """Switches at odd moments while a tone sounds; the recording, and what sounded at the end of each stretch."""
    it = Set(paths, level_mode="raw")
    it.ready()
    bench, player, at, pieces, ends, rng = it.bench, it.player, 0, [], [], np.random.default_rng(5)

    def play(blocks):
        nonlocal at
        pieces.append(bench.process(np.roll(tone(64 * blocks + PERIOD), -(at % PERIOD))[: 64 * blocks]))
        at += 64 * blocks

    play(400)
    engine = bench.engine
    arenas = engine.address, engine.line.address, engine._arena.nbytes
    held, allocated = len(engine._held), None
    for _ in range(switches):
        position = (it.presets.position + int(rng.integers(1, len(paths)))) % len(paths)
        player.do("preset", it.presets.setlist.entries[position].number)
        assert player.arrive(20)
        player.tend()
        allocated = rtsys.get_allocation_stats().mi_alloc
        play(int(rng.integers(90, 130)))
        assert rtsys.get_allocation_stats().mi_alloc == allocated
        player.tend()
        assert it.presets.position == position
        ends.append((at, position))
    assert arenas == (engine.address, engine.line.address, engine._arena.nbytes)
    assert len(engine._held) <= held + 1
    player.close()
    return np.concatenate(pieces), ends


def check_switches(paths, switches):
    y, ends = switch(paths, switches)
    changes = changes_in(y[64 * 300 :])
    print(f"{len(changes)} switches: click {max(c.click for c in changes):.2f}, hole {max(c.hole for c in changes)}")
    assert len(changes) == switches  # one for each, so model, gains and cabinet changed with the same fade
    assert max(change.click for change in changes) < 2
    assert max(change.hole for change in changes) < FADE
    return y, ends


def test_fifty_switches_have_no_click_and_no_gap(four):
    check_switches(four, 50)


@pytest.mark.soak
def test_two_thousand_switches_have_no_click_and_no_gap(four):
    check_switches(four, 2000)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_after_a_switch_a_preset_sounds_as_if_it_had_been_played_from_the_start(four, number):
    alone = Set(four, four[number - 1], interface=Level(12.2, "test"))
    switched = Set(four, four[number % 4], interface=Level(12.2, "test"))
    for other in (*{1, 2, 3, 4} - {number, number % 4 + 1}, number):
        switched.do("preset", other)
        switched.bench.process(guitar(RATE // 4))
    for it in (alone, switched):
        it.bench.process(np.zeros(5 * RATE))  # the blocker of DC forgets some 270 dB in this time
    x = guitar(RATE)
    want, got = alone.bench.stereo(x), switched.bench.stereo(x)
    print(f"preset {number}: switched against started {db(got - want, want):.0f} dB")
    assert np.abs(want).max() > 0.01
    assert db(got - want, want) <= -120
    assert replace(switched.player.sound, measured=None) == replace(alone.player.sound, measured=None)
    for it in (alone, switched):
        it.player.close()


def test_of_many_calls_at_once_only_the_last_one_sounds(four):
    it = Set(four)
    it.ready()
    before = int(it.bench.engine.record["handover"]["changes"])
    for number in (2, 3, 4, 2, 3):
        it.player.do("preset", number)
    assert "3 dry" in it.do("next_preset", 0) or it.presets.position == 3
    assert it.player.sound.model.path == NANO
    assert not it.player.bypassed
    assert int(it.bench.engine.record["handover"]["changes"]) == before + 1
    it.player.close()


def test_a_preset_takes_over_everything_and_what_was_asked_for_before_is_forgotten(four):
    it = Set(four)
    it.do("next_model")
    it.do("mute")
    it.player.do("next_model")  # on its way
    told = it.do("preset", 2)
    assert "Preset   2 2 crunch: small.nam" in told
    assert "Mix      mic1.wav + mic2.wav" in told
    assert it.player.muted  # not a matter of presets
    assert it.player.sound.model.path.name == "small.nam"
    assert it.player.value("output_trim") == -4.0
    assert [strip.pan for strip in it.player.desk.strips] == [-0.5, 0.5]
    assert it.do("part_gain", 1)
    assert it.player.desk.strips[0].gain_db == -2.5
    assert "part 2: mic2.wav" in it.do("mix_part")
    assert "part 1: mic1.wav" in it.do("mix_part")
    assert "The model plays again." not in it.do("preset", 3)
    assert it.player.bypassed
    assert not it.player.desk.is_on
    assert "The model plays again." in it.do("bypass")
    it.do("preset", 4)
    assert it.bench.engine.cabinet is None
    assert it.presets.label == "4 4 direct"
    it.do("next_model")
    assert it.presets.label.endswith("*") == (it.player.sound.model.path != NANO)
    it.player.close()


# ---------------------------------------------------------------- numbers, order, broken ones
def test_presets_are_called_by_their_own_number_or_their_place(tmp_path):
    names = [*(f"song {i}" for i in range(1, 12)), "zero"]
    numbers = {"song 3": 1, "song 5": 1, "zero": 0}
    paths = write(tmp_path, *(Preset(name, NANO, number=numbers.get(name)) for name in names))
    it = Set(paths)
    called = {entry.name: entry.number for entry in it.presets.setlist.entries}
    assert called == dict(zip(names, [2, 3, 1, 4, 5, 6, 7, 8, 9, 10, 11, 0], strict=True))
    it.ready()
    assert "song 5.toml: number 1 is song 3.toml already" in it.told.text
    assert "1 song 3" in it.do("preset", 1)
    assert "0 zero" in it.do("preset")  # 0, if somebody has it
    assert "2 song 1" in it.do("next_preset")  # after the last the first
    assert "0 zero" in it.do("previous_preset")
    assert "No preset has the number 99." in it.do("preset", 99)
    it.player.close()
    without = Set(paths[:-1])
    assert "10 song 10" in without.do("preset", 0)  # else it is the tenth
    without.player.close()


def test_a_broken_preset_is_listed_with_its_reason_and_never_stops_the_rest(tmp_path):
    paths = write(tmp_path, *(Preset(f"p{i}", NANO) for i in range(1, 5)))
    paths[0].write_text("model = 3")
    (tmp_path / "bad.nam").write_text("{")
    paths[2].write_text('model = "bad.nam"')
    it = Set(paths)
    assert it.presets.position == 1
    it.ready()
    assert "Setlist  2 p2, 4 p4" in it.told.text
    assert "p1.toml, line 1: model is 3" in it.told.text
    assert "p3.toml: bad.nam: " in it.told.text
    assert "4 p4" in it.do("next_preset")
    assert "2 p2" in it.do("next_preset")
    assert "p3.toml: bad.nam: " in it.do("preset", 3)
    assert it.presets.label == "2 p2"
    paths[0].write_text(f'model = "{A2}"\nname = "mended"')  # mended while playing
    assert "1 mended: " in it.do("preset", 1)
    paths[3].unlink()
    assert "no such preset" in it.do("preset", 4)
    assert it.player.sound.model.path == A2
    it.player.close()
    for path in paths:
        path.write_text("x")
    with pytest.raises(PresetError, match=r"None of 4 presets can be used\. The first: p1\.toml, line 1: not TOML"):
        Set(paths)
    with pytest.raises(PresetError, match=r"^p3\.toml, line 1: not TOML"):
        Set(paths, paths[2])


def test_a_model_that_changes_on_disk_is_read_again(tmp_path):
    model = small(tmp_path / "amp.nam", 1)
    paths = write(tmp_path / "set", Preset("a", NANO), Preset("b", model))
    it = Set(paths)
    it.ready()
    time.sleep(0.01)
    small(model, 2)
    it.do("preset", 2)
    x = guitar(RATE // 4)
    alone = Set(paths[1:])
    assert it.player.sound.model.content_hash == alone.player.sound.model.content_hash
    assert np.abs(it.bench.process(x)).max() > 0
    for one in (it, alone):
        one.player.close()


def test_all_presets_lie_ready_and_equal_files_are_read_once(four, tmp_path, monkeypatch):
    read = []
    load = setlist_module.Model.load
    monkeypatch.setattr(setlist_module.Model, "load", lambda path, size: (read.append(path), load(path, size))[1])
    more = [write(tmp_path / "set", Preset(f"5 more {i}", A2, cabinet=(CabinetPart(IRS[0]),)))[0] for i in range(5)]
    it = Set([*four, *more])
    it.player.models._max_bytes = 0  # only presets read ahead
    it.ready()
    assert sorted(path.name for path in read) == sorted([A2.name, NANO.name, "small.nam"])
    items = [it.presets.setlist.peek(at) for at in range(len(four) + len(more))]
    assert all(items)
    assert len({id(item.item) for item in (items[0], *items[4:])}) == 1
    assert len({id(item.network) for item in items}) == len(items)  # a model plays in one place only
    it.player.do("preset", 4)
    assert it.player.arrive()  # without waiting
    it.bench.settle()
    it.ready()
    assert all(it.presets.setlist.peek(at) for at in range(len(items)))  # and again for the next time
    assert len(read) == 3
    it.player.close()


def test_with_little_memory_every_preset_still_plays(four):
    it = Set(four)
    it.presets.setlist._max_bytes = 1
    it.ready()
    for number in (2, 3, 4, 1, 3):
        assert f"Preset   {number} " in it.do("preset", number)
        assert sum(item is not None for item in map(it.presets.setlist.peek, range(4))) <= 1
    it.player.close()


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
        it.tend()
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
    wait_until(lambda: (it.tend(), len(equal._coming) == 3)[1], "all to be ready", 60)
    done = lambda: all(equal.highest_lufs(sound, ir) is not None for sound, ir in it.presets._coming)  # noqa: E731
    wait_until(lambda: (it.tend(), done() and it.presets._loudness_lufs is not None)[1], "all to be heard", 120)
    heard = []
    for number in (1, 2, 3, 1, 2):
        changes = int(it.bench.engine.record["handover"]["changes"])
        it.do("preset", number)
        heard.append(loudness(it))
        assert int(it.bench.engine.record["handover"]["changes"]) == changes + 1  # nothing has to follow
    print(f"plain {np.round(plain, 1)} LUFS, equal {np.round(heard, 2)} LUFS")
    assert np.ptp(plain) > 6
    assert np.ptp(heard) < 0.2
    it.player.set("output_trim", it.player.value("output_trim") + 3.0)  # the volume stays in the player's hand
    it.bench.settle()
    assert loudness(it) == pytest.approx(heard[-1] + 3.0, abs=0.2)
    it.player.close()


def test_a_stored_loudness_is_played_and_what_is_saved_comes_back_as_loud(loud_and_soft, tmp_path):
    stored = [replace(loud_and_soft[0], loudness_lufs=-30.0), replace(loud_and_soft[1], loudness_lufs=-36.5)]
    paths = write(tmp_path / "set", *stored, replace(loud_and_soft[2], equal_loudness=False))
    it = Set(paths, folder=tmp_path / "set")
    it.player.equal.use(guitar(3 * RATE), "three seconds")
    heard = lambda: it.player.equal.is_matched(it.player.cabinets.playing)  # noqa: E731
    for number, wanted in ((1, -30.0), (2, -36.5)):
        it.do("preset", number)
        wait_until(lambda: (it.tend(), heard())[1], "the loudness", 60)
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
    wait_until(lambda: (it.tend(), it.player.equal.count == 2)[1], "the loudness", 60)
    it.do("mix_add")
    it.do("next_ir")
    levels = it.player.desk.levels_db()
    assert levels[1] > 10
    wait_until(lambda: (it.tend(), it.player.equal.is_matched(it.player.cabinets.playing))[1], "the mix", 60)
    gain_arrives(it)
    want = it.bench.stereo(guitar(RATE))
    assert "Saved    presets/both.toml, number 1" in it.do("save_preset", text="both")
    again = Set([Path("presets/both.toml")])
    assert [part.gain_db for part in again.presets.playing.cabinet] == pytest.approx(levels)
    wait_until(lambda: (again.tend(), again.player.equal.is_matched(again.player.cabinets.playing))[1], "it", 60)
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
    assert "cannot be written (" in it.do("save_preset", text="x")
    assert len(it.presets.setlist.paths) == 4
    it.player.close()


# ---------------------------------------------------------------- what was played last
def test_what_is_played_is_kept_now_and_then_and_at_the_end(four, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(presets_module, "KEEP_EVERY_S", 0.0)
    it = Set(four, folder=tmp_path / "set", keeps=True, interface=Level(12.2, "test"))
    it.do("preset", 2)
    wait_until(lambda: (it.tend(), (last := LastState.load()) and last.preset.name == "2 crunch")[1], "the state")
    written = LastState.load()
    assert (written.setlist, written.interface) == (tmp_path / "set", Level(12.2, "test"))
    assert [part.inverted for part in written.preset.cabinet] == [False, True]
    stamp = written.preset.source.stat().st_mtime_ns
    for _ in range(5):
        it.tend()
    assert written.preset.source.stat().st_mtime_ns == stamp  # not again, as long as nothing changes
    monkeypatch.setattr(presets_module, "KEEP_EVERY_S", 1e9)
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
    monkeypatch.setattr(presets_module, "KEEP_EVERY_S", 0.0)
    it = Set([], models=[NANO], keeps=False)
    it.tend()
    it.player.close()
    assert LastState.load() is None
    it = Set([], models=[NANO], keeps=False)
    it.tend()
    it.do("output_trim", 1)
    it.player.close()
    assert LastState.load().preset.output_trim_db == 1.0


def test_a_state_that_cannot_be_kept_is_told_once(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(presets_module, "KEEP_EVERY_S", 0.0)
    it = Set([], models=[NANO], keeps=True)
    wait_until(lambda: (it.tend(), "could not be kept" in it.told.text)[1], "the sentence")
    it.player.set("output_trim", 3.0)
    it.player.close()
    assert it.told.text.count("could not be kept") == 1
