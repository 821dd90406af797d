"""A restart at another rate: whatever can be set stands as it stood, and no attribute of a part is forgotten."""

from __future__ import annotations

import numpy as np
import pytest
from rigs import A2, NANO, RATE, Told, guitar

from rig.backends.offline import Offline
from rig.engine import Engine
from rig.files import bundled
from rig.levels import Level
from rig.player.carried import Carried
from rig.player.player import Player

# Other than at the start. A take is not carried: a file has one rate.
SET = {
    "output_trim": -3.0,
    "input_trim": 1.5,
    "preamp_gain": 6.0,
    "level_mode": "raw",
    "equal_loudness": True,
    "gate": True,
    "gate_threshold": -47.0,
    "rumble": 60.0,
    "bass": 3.0,
    "middle": -2.5,
    "treble": 1.0,
    "presence": -12.0,
    "tuner": True,
    "volume": -12.0,
    "loop": True,
    "bypass": True,
}


def playing(rate, **options):
    engine = Engine(rate, guard=False)
    backend = Offline(rate)
    backend.start(engine.block_address, engine.address)
    told = Told()
    options = {"models": [A2, NANO], "irs": bundled.irs(), "interface": Level(12.2, "entered"), **options}
    return Player(engine, told.append, options.pop("models"), options.pop("irs"), **options), backend, told


def settle(player, backend):
    for _ in range(3):
        backend.process(np.zeros(int(player.engine.sample_rate / 2), np.float32))
        player.poll()


@pytest.fixture
def before():
    player, backend, told = playing(RATE)
    player.start()
    settle(player, backend)
    yield player, backend, told
    player.close()


def moved(player, rate=44100):
    later, backend, told = playing(rate)
    later.restore(player.snapshot())
    settle(later, backend)
    return later, backend, told


def test_every_value_of_the_table_stands_as_it_stood(before):
    player, backend, _ = before
    player.looper.put(guitar(RATE), "take.wav")
    player.set("loop", False)
    for name, value in SET.items():
        player.set(name, value)
    settle(player, backend)
    assert {name: player.value(name) for name in SET} == SET
    later, _, _ = moved(player)
    assert later.commands.values() == player.commands.values()
    assert later.engine.noise.gate_dbfs == pytest.approx(-47.0)
    assert later.engine.noise.rumble_hz == 60.0
    assert float(later.engine.record["volume"]["target"]) == pytest.approx(10 ** (-12 / 20))
    later.close()


def test_the_tuner_is_silent_after_the_restart_and_gives_back_what_was_before_it(before):
    player, _, _ = before
    player.set("tuner", True)
    later, backend, _ = moved(player)
    assert later.muted
    assert not np.abs(backend.process(guitar(44100))).any()
    later.set("tuner", False)
    assert not later.muted
    assert float(later.engine.record["master"]["target"]) == 1.0
    later.close()


def test_a_bypass_pressed_while_a_model_was_on_its_way_is_not_ended_by_its_arrival(before):
    player, _, _ = before
    player.do("next_model")
    player.set("bypass", True)
    later, _, _ = moved(player)
    assert later.arrive(20.0)
    assert later.sound.model.path == NANO
    assert later.bypassed
    later.close()


def test_the_last_search_finds_the_next_one(before):
    player, _, _ = before
    player.do("search_ir", text="wav")
    assert player.arrive(20.0)
    player.do("search_model", text="nam")
    assert player.arrive(20.0)
    later, _, told = moved(player)
    for name, words in (("search_ir", "wav"), ("search_model", "nam")):
        later.do(name)
        assert told[-1].startswith(f"Search   {words}: ")
        assert later.arrive(20.0)
    later.close()


def test_the_shortlist_and_the_order_of_blind_listening_stay(before):
    player, backend, _ = before
    player.do("keep")
    player.do("next_ir")
    assert player.arrive(20.0)
    player.do("reject")
    assert player.arrive(20.0)
    player.set("blind", True)
    assert player.arrive(20.0)
    settle(player, backend)
    later, _, _ = moved(player)
    old, new = player.cabinets.browsing, later.cabinets.browsing
    assert (new.kept, new.rejected, new.blind, new.positions) == (old.kept, old.rejected, True, old.positions)
    assert later.cabinets.label(later.cabinets.bank.position).startswith("number ")
    later.close()


def parts(player):
    """Every part whose state is carried."""
    rig = player.rig
    yield from (rig, player.models, player.models.order, rig.cabinets.browsing, player.audition, player.looper)
    yield from (player.presets, player.midi, player.backing, *(getattr(rig, name) for name in rig.PARTS))


def test_every_attribute_of_a_part_is_carried_or_said_to_be_made_anew(before):
    player, _, _ = before
    for part in parts(player):
        assert isinstance(part, Carried)
        known = {*part.CARRIED, *part.REMADE, *getattr(part, "PARTS", ())}
        forgotten = set(vars(part)) - known
        assert not forgotten, f"{type(part).__name__}: {', '.join(sorted(forgotten))}"
