"""A preset is the whole sound: whatever was called before it, in whatever session, it is as if it had come first."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest
from rigs import RATE, Told, db
from twelve_presets import facts, first_called, heard, same_sound, session, settled, twelve

from rig.backends.offline import Offline
from rig.engine import Engine
from rig.levels import Level
from rig.library.last_session import LastState
from rig.player.player import Player
from rig.player.presets import keeping

FEW = ("knob", "common", "lstm", "plain")


def circuit(names):
    """A way through all ordered pairs, each once, as the names that are called one after the other."""
    left = {name: [other for other in names if other != name] for name in names}
    stack, way = [names[0]], []
    while stack:
        if left[stack[-1]]:
            stack.append(left[stack[-1]].pop())
        else:
            way.append(stack.pop())
    return way[::-1]


def call(it, name):
    number = next(entry.number for entry in it.presets.setlist.entries if entry.name == name)
    it.do("preset", number)
    settled(it)


def check_pairs(paths, names):
    first = {name: first_called(paths, name) for name in names}
    way = circuit(names)
    assert len(way) == len(names) * (len(names) - 1) + 1
    it = session(paths, next(path for path in paths if path.stem == way[0]))
    settled(it)
    for before, name in pairwise(way):
        call(it, name)
        want, sound = first[name]
        assert facts(it) == want, f"{name} after {before}"
        got = heard(it)
        assert np.abs(sound).max() > 1e-4
        assert same_sound(name, sound, got), f"{name} after {before}: {db(got - sound, sound):.0f} dB off"
    it.player.close()


@pytest.fixture
def paths(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return twelve(tmp_path / "set")


def test_four_presets_are_the_same_after_each_of_the_others(paths):
    check_pairs([path for path in paths if path.stem in FEW], FEW)


@pytest.mark.soak
def test_twelve_presets_are_the_same_after_each_of_the_others(paths):
    check_pairs(paths, tuple(path.stem for path in paths))


def resumed(paths, last):
    """A session that goes on with what was kept."""
    it = session(paths, last.preset, resumed=last)
    settled(it)
    return it


def check_resumed(paths, names, monkeypatch):
    monkeypatch.setattr(keeping, "KEEP_EVERY_S", 0.0)
    for before, name, is_killed in zip(names, (*names[1:], names[0]), [False, True] * len(names), strict=False):
        want, sound = first_called(paths, name)
        it = session(paths, next(path for path in paths if path.stem == before), folder=paths[0].parent, keeps=True)
        call(it, name)
        it.player.set("volume", -30.0)
        it.poll()
        it.player.presets.keeper._jobs.finish(10)
        if not is_killed:
            it.player.close()
        again = resumed(paths, LastState.load())
        assert facts(again) == want | {"volume": -30.0}, name
        again.player.set("volume", 0.0)
        got = heard(again)
        assert same_sound(name, sound, got), f"{name} resumed: {db(got - sound, sound):.0f} dB off"
        assert again.presets.label.endswith(f" {name}")
        assert again.presets.position is not None  # so next and previous go on from it
        call(again, before)
        assert facts(again) == first_called(paths, before)[0], f"{before} after a resumed {name}"
        again.player.close()
        it.player.close()


def test_what_goes_on_after_the_end_or_a_kill_is_the_same_and_so_is_the_next_one(paths, monkeypatch):
    check_resumed([path for path in paths if path.stem in FEW], FEW[:2], monkeypatch)


@pytest.mark.soak
def test_all_twelve_go_on_the_same(paths, monkeypatch):
    check_resumed(paths, tuple(path.stem for path in paths), monkeypatch)


class Bench:
    """An engine at another rate, for `Player.restore`."""

    def __init__(self, rate):
        self.engine = Engine(rate, guard=False)
        self.backend = Offline(rate)
        self.backend.start(self.engine.block_address, self.engine.address)

    def stereo(self, x):
        return self.backend.process(np.asarray(x, np.float32))

    process = stereo


class Moved:
    """A player that goes on at a rate."""

    def __init__(self, before, rate, paths):
        self.bench, self.told = Bench(rate), Told()
        self.player = Player(self.bench.engine, self.told.append, (), (), presets=paths, interface=Level(12.2, "test"))
        self.player.restore(before.player.snapshot())
        self.presets = self.player.presets
        for _ in range(4):
            self.bench.stereo(np.zeros(rate // 4))
            self.player.poll()

    def poll(self):
        self.bench.stereo(np.zeros(int(self.bench.engine.sample_rate) // 50))
        self.player.poll()


def check_rates(paths, names, count=None):
    for before, name in islice(zip(names, (*names[1:], names[0]), strict=True), count):
        want, sound = first_called(paths, name)
        it = session(paths, next(path for path in paths if path.stem == before))
        call(it, name)
        there = Moved(it, 44100, paths)
        settled(there)
        back = Moved(there, RATE, paths)
        settled(back)
        assert facts(back) == want, name
        got = heard(back)
        assert same_sound(name, sound, got), f"{name} at 44.1 kHz and back: {db(got - sound, sound):.0f} dB off"
        for one in (it, there, back):
            one.player.close()


def test_at_another_rate_and_back_it_is_the_same(paths):
    check_rates([path for path in paths if path.stem in FEW], FEW[:2], count=1)


@pytest.mark.soak
def test_all_twelve_are_the_same_at_another_rate_and_back(paths):
    check_rates(paths, tuple(path.stem for path in paths))
