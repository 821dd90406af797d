"""Presets in the player: prepared ahead, switched in one fade, numbered, and what a broken one does."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from allocations import rtsys
from browsing import FADE, PERIOD, changes_in, tone
from preset_stage import IRS, Set, four_presets, small, write
from rigs import A2, NANO, RATE, db, guitar

from rig.errors import PresetError
from rig.levels import Level
from rig.library.preset import CabinetPart, Preset
from rig.player.presets import setlist as setlist_module


@pytest.fixture
def four(tmp_path, monkeypatch):
    return four_presets(tmp_path, monkeypatch)


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
        player.poll()
        allocated = rtsys.get_allocation_stats().mi_alloc
        play(int(rng.integers(90, 130)))
        assert rtsys.get_allocation_stats().mi_alloc == allocated
        player.poll()
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
    assert [strip.pan for strip in it.player.mixer.parts] == [-0.5, 0.5]
    assert it.do("part_gain", 1)
    assert it.player.mixer.parts[0].gain_db == -2.5
    assert "part 2: mic2.wav" in it.do("mix_part")
    assert "part 1: mic1.wav" in it.do("mix_part")
    assert "The model plays again." not in it.do("preset", 3)
    assert it.player.bypassed
    assert not it.player.mixer.is_on
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
    it.player.models.preloader._max_bytes = 0  # only presets read ahead
    it.ready()
    assert sorted(path.name for path in read) == sorted([A2.name, NANO.name, "small.nam"])
    items = [it.presets.setlist.peek(at) for at in range(len(four) + len(more))]
    assert all(items)
    assert len({id(item.item) for item in (items[0], *items[4:])}) == 1
    assert len({id(item.ready.network) for item in items}) == len(items)  # a model plays in one place only
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
