"""Stepping through a folder of models while playing: no gap, no click, no missed cycle, and soon after the key."""

from __future__ import annotations

import gc
import os
import time
from itertools import pairwise
from statistics import median

import numpy as np
import pytest
from allocations import rtsys
from browsing import FADE, PERIOD, changes_in, endless_tone, folder_of, tone
from jackclients import IDLE, RUNNING, Deck, skip_if_torn, wait_until
from jackserver import JACKD_IS_MISSING
from page_faults import page_faults
from rigs import RATE, Bench, Told, db, dc_blocked
from terminal import Terminal
from watched import Watch

from rig.audio import wav
from rig.backends.jack.client import Jack
from rig.dsp.native.memory import Arena
from rig.engine import LOOP, Engine
from rig.nam import Model
from rig.player.player import Player

needs_jackd = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
KEY_S = 0.2  # between two keys
TAKE_S, LOST = 1.2, 3  # keys are pressed in takes so long; it is given up when so many times the keys were lost
BEFORE = -1  # a key that was pressed before the take
BROKEN = 5  # this file of the folder is no model


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    return folder_of(tmp_path_factory.mktemp("few"), 24, broken=BROKEN)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return folder_of(tmp_path_factory.mktemp("many"), 300, broken=BROKEN)


# ---------------------------------------------------------------- offline: sample by sample
def test_sixty_steps_have_no_gap_and_no_click_and_each_model_sounds_as_it_should(few):
    bench, told = Bench(), Told()
    player = Player(bench.engine, told.append, few, level_mode="raw")
    player.start()
    bench.settle()
    player.poll()
    pieces, at, sounding = [], 0, []

    def play(blocks):
        nonlocal at
        pieces.append(bench.process(np.roll(tone(64 * blocks + PERIOD), -(at % PERIOD))[: 64 * blocks]))
        at += 64 * blocks

    play(100)
    for i in range(60):
        player.do("next_model" if i % 10 < 7 else "previous_model")
        assert player.arrive(20)
        play(60)
        player.poll()
        sounding.append((at, player.sound.model.path))
    y = np.concatenate(pieces)
    changes = changes_in(y[64 * 80 :])
    assert any(few[BROKEN].name in sentence for sentence in told)
    assert len(changes) == sum(a[1] != b[1] for a, b in pairwise([(0, few[0]), *sounding]))
    assert len(changes) > 50
    assert max(change.click for change in changes) < 3
    assert max(change.hole for change in changes) < FADE
    for end, path in sounding[-8:]:
        x = tone(2 * RATE)
        want = dc_blocked(Model.load(path).render(x))[-10 * PERIOD :]
        got = y[end - 5 * PERIOD : end]
        shift = (end - 5 * PERIOD) % PERIOD
        assert db(got - want[shift : shift + got.size], want) < -60


# ---------------------------------------------------------------- `rig play` as it is sold
def stepped(folder, tmp_path, server, steps, key_s=KEY_S):
    """Press n again and again; the milliseconds from each key to its change of sound, and all changes.

    A key counts from the last cycle that had ended when it was pressed. A take of some keys in which the server lost a
    cycle is thrown away, and others are pressed in their place: a busy machine loses cycles by itself.
    """
    wav.write(tmp_path / "tone.wav", endless_tone(1.0), RATE, "FLOAT")
    terminal = Terminal(folder, "--no-ir", "--di", tmp_path / "tone.wav", "--client", "browse", **server.environment())
    delays, changes, lost, whole = [], [], 0, steps
    per_take = max(1, round(TAKE_S / key_s))
    try:
        terminal.press("", "xruns", timeout_s=120)
        with Deck("recorder", server.name, records=1) as deck:
            deck.connect("in_1", "browse:out_1")
            is_owed = False  # whether the change of a key may come after its take, on a slow machine
            while steps > 0 and lost < LOST * whole:
                count = min(per_take, steps)
                deck.state["state"] = IDLE
                time.sleep(0.1)
                terminal.read()
                deck.arm(round((count * key_s + 0.6) * RATE))
                wait_until(lambda: deck.state["state"] >= RUNNING, "the take to begin")
                pressed, begin = [], time.monotonic() + 0.2
                for i in range(count):
                    while time.monotonic() < begin + i * key_s:
                        terminal.read()  # or what it prints would hold it up
                        time.sleep(0.002)
                    pressed.append(int(deck.state["position"]))
                    os.write(terminal._ours, b"n")
                wait_until(lambda: deck.state["state"] > RUNNING, "the take", 30)
                time.sleep(0.2)
                if deck.state["state"] != RUNNING + 1 or deck.state["xruns"] != deck.state["xruns_before"]:
                    lost, is_owed = lost + count, True
                    continue
                steps -= count
                heard = changes_in(deck.recorded[0])
                keys = keys_of([c.begins for c in heard], [BEFORE, *pressed] if is_owed else pressed)
                is_owed = pressed[-1] not in keys
                mine = [(c, key) for c, key in zip(heard, keys, strict=True) if key != BEFORE]
                changes += [change for change, _ in mine]
                delays += [1000 * (c.begins - key) / RATE for c, key in mine if key is not None]
        terminal.press("q", "\n")
        assert terminal.process.wait(10) == 0
        assert "Traceback" not in terminal.read()
    finally:
        terminal.close()
    return whole - steps, delays, changes, lost, terminal.text


def keys_of(changes, pressed):
    """For each change the last key before it that no later change belongs to, or None; a key makes one change at most.

    On a slow machine a model may be ready after the next key only: then both are heard behind that one.
    """
    left, keys = list(pressed), []
    for begins in reversed(changes):
        before = [key for key in left if key <= begins]
        keys.append(before[-1] if before else None)
        left = before[:-1]
    return keys[::-1]


def test_each_change_belongs_to_one_key():
    assert keys_of([120, 320, 510], [100, 300, 500]) == [100, 300, 500]
    assert keys_of([310, 330, 510], [100, 300, 500]) == [100, 300, 500]  # the first came late
    assert keys_of([120, 510], [100, 300, 500]) == [100, 500]
    assert keys_of([120, 130, 510], [100, 300, 500]) == [None, 100, 500]
    assert keys_of([40, 120], [BEFORE, 100]) == [BEFORE, 100]


def check_steps(folder, tmp_path, server, steps):
    pressed, delays, changes, lost, text = stepped(folder, tmp_path, server, steps)
    if pressed < steps / 2:
        skip_if_torn(f"cycles lost in the takes of {lost} keys")
    assert pressed >= steps / 2, f"the server lost cycles in the takes of {lost} keys"
    print(
        f"key to sound: median {median(delays):.1f} ms, longest {max(delays):.1f} ms, of {len(delays)} keys every "
        f"{KEY_S} s ({lost} in takes with an xrun of the server); click {max(c.click for c in changes):.2f}, "
        f"hole {max(c.hole for c in changes)} samples"
    )
    assert len(changes) == len(delays)  # nothing else was heard than one change per key
    # The broken file is heard as nothing; and where a model is not ready before the next key, only the last one sounds.
    assert len(delays) >= pressed // 2
    assert max(change.click for change in changes) < 3
    assert max(change.hole for change in changes) < FADE
    assert text.count(f"{BROKEN:03d}.nam: ") >= 1


@needs_jackd
def test_in_rig_play_each_key_is_one_change_of_sound_without_gap_or_click(jack_server, few, tmp_path):
    check_steps(few[0].parent, tmp_path, jack_server, 12)


@needs_jackd
@pytest.mark.soak
def test_in_rig_play_three_hundred_models_are_stepped_through_without_gap_or_click(jack_server, many, tmp_path):
    check_steps(many[0].parent, tmp_path, jack_server, 300)


# ---------------------------------------------------------------- the audio thread while all this goes on
def step_while_playing(jack_server, folder, steps, key_s):
    """Step through a folder on a live engine in this process, and look into the audio thread.

    A key is heard when the fade to its model begins: the replaced lane has then heard as much of the source as when
    it was given back, less one fade.
    """
    engine, told, delays, memory = Engine(RATE), Told(), [], []
    with Jack("rig-browse", jack_server.name) as backend:
        watch = Watch(engine)
        backend.start(watch.block_address, watch.address)
        engine.loop(endless_tone(1.0))
        player = Player(engine, told.append, folder, source=LOOP)
        player.start()
        head, thread = engine.record["sources"][LOOP], int(backend._state["thread_id"])
        assert engine.wait_until_steady(10)
        time.sleep(0.3)
        watch.begin(backend)
        gc.collect()
        faults, allocated, due = page_faults(thread), rtsys.get_allocation_stats(), time.monotonic()
        for i in range(steps):
            due = max(due, time.monotonic()) + key_s
            old, pressed = engine.lanes[0], int(head["head"])
            player.do("next_model")
            while time.monotonic() < due:
                player.poll()
                time.sleep(0.005 if player.waiting else 0.02)
            if engine.lanes[0] is not old and engine.wait_until_steady(5):
                fade = -(-FADE // 64) * 64
                delays.append(1000 * (int(old.record["heard_samples"]) - fade - pressed) / RATE)
            if i % 10 == 9:
                gc.collect()
                memory.append((sum(type(thing) is Arena for thing in gc.get_objects()), player.models.preloader.nbytes))
        faults, allocated = page_faults(thread) - faults, rtsys.get_allocation_stats().alloc - allocated.alloc
        watch.end()
        player.close()
        backend.stop()
    print(
        f"key to fade: median {median(delays):.1f} ms, longest {max(delays):.1f} ms, of {len(delays)} keys every "
        f"{key_s} s; largest CPU time of a cycle {watch.longest:.0%} of the period, {len(watch.ours)} missed by our "
        f"own doing, {len(watch.machines)} by the machine's, {faults} page faults, {allocated} allocations; "
        f"arenas {memory[0][0]} to {memory[-1][0]}, shelf at most {max(held for _, held in memory) / 1e6:.1f} MB"
    )
    return delays, watch.told()["ours"], faults, allocated, memory


def check_audio_thread(jack_server, folder, steps, key_s):
    delays, misses, faults, allocated, memory = step_while_playing(jack_server, folder, steps, key_s)
    assert len(delays) > steps / 10  # on a machine that is too busy many are stepped over
    assert faults == 0
    assert allocated == 0
    arenas = [count for count, _ in memory]
    assert max(arenas) <= arenas[0] + 20  # what lies on a shelf, and what is under way; not one for each model
    assert max(held for _, held in memory) < 64 << 20
    return misses


@needs_jackd
def test_stepping_through_a_folder_costs_the_audio_thread_no_fault_and_no_allocation(jack_server, few):
    check_audio_thread(jack_server, few, 24, 0.06)


@needs_jackd
@pytest.mark.soak
@pytest.mark.parametrize("key_s", [0.2, 0.03])
def test_stepping_through_three_hundred_models_misses_no_cycle_by_our_own_doing(jack_server, many, key_s):
    assert check_audio_thread(jack_server, many, 300, key_s) == []
