"""Stepping through a folder of models while playing: no gap, no click, no missed cycle, and soon after the key."""

from __future__ import annotations

import os
import time
from itertools import pairwise
from statistics import median

import numpy as np
import pytest
from browsing import FADE, PERIOD, changes_in, endless_tone, folder_of, tone
from jackclients import IDLE, RUNNING, Deck, wait_until
from jackserver import JACKD_IS_MISSING
from rigs import RATE, Bench, db, dc_blocked
from terminal import Terminal

from rig import wav
from rig.control.player import Player
from rig.nam import Model

needs_jackd = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
KEY_S = 0.2  # between two keys
BROKEN = 5  # this file of the folder is no model


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    return folder_of(tmp_path_factory.mktemp("few"), 24, broken=BROKEN)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return folder_of(tmp_path_factory.mktemp("many"), 300, broken=BROKEN)


# ---------------------------------------------------------------- offline: sample by sample
def test_sixty_steps_have_no_gap_and_no_click_and_each_model_sounds_as_it_should(few):
    bench, told = Bench(), []
    player = Player(bench.engine, told.append, few)
    player.start()
    bench.settle()
    player.tend()
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
        player.tend()
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
    """Press n again and again; the milliseconds from each key to the first sample of another sound, and the changes.

    A key counts from the last cycle that had ended when it was pressed. A take in which the server lost a cycle is
    thrown away: every five seconds a new one begins.
    """
    wav.write(tmp_path / "tone.wav", endless_tone(1.0), RATE, "FLOAT")
    terminal = Terminal(
        folder, "--no-ir", "--di", tmp_path / "tone.wav", "--name", "browse", JACK_DEFAULT_SERVER=server.name
    )
    delays, changes, lost = [], [], 0
    per_take = max(1, round(5.0 / key_s))
    try:
        terminal.press("", "| xruns")
        with Deck("recorder", server.name, records=1) as deck:
            deck.connect("in_1", "browse:out_1")
            while steps > 0:
                count = min(per_take, steps)
                steps -= count
                deck.state["state"] = IDLE
                time.sleep(0.3)
                terminal.read()
                deck.arm(round((count * key_s + 0.8) * RATE))
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
                    lost += count
                    continue
                heard = changes_in(deck.recorded[0])
                changes += heard
                for at, until in pairwise([*pressed, deck.state["length"]]):
                    delays += [1000 * (c.begins - at) / RATE for c in heard if at <= c.begins < until][:1]
        terminal.press("q", "\n")
        assert terminal.process.wait(10) == 0
        assert "Traceback" not in terminal.read()
    finally:
        terminal.close()
    return delays, changes, lost, terminal.text


def check_steps(folder, tmp_path, server, steps):
    delays, changes, lost, text = stepped(folder, tmp_path, server, steps)
    print(
        f"key to sound: median {median(delays):.1f} ms, longest {max(delays):.1f} ms, of {len(delays)} keys every "
        f"{KEY_S} s ({lost} in takes with an xrun of the server); click {max(c.click for c in changes):.2f}, "
        f"hole {max(c.hole for c in changes)} samples"
    )
    assert lost < steps / 2
    assert len(changes) == len(delays)  # nothing else was heard than one change per key
    assert len(delays) >= steps - lost - 1 - steps // len(list(folder.iterdir()))  # the broken file is heard as nothing
    assert max(change.click for change in changes) < 3
    assert max(change.hole for change in changes) < FADE
    assert text.count(f"{BROKEN:03d}.nam: ") >= 1


@needs_jackd
def test_in_rig_play_each_key_is_one_change_of_sound_without_gap_or_click(jack_server, few, tmp_path):
    check_steps(few[0].parent, tmp_path, jack_server, 24)


@needs_jackd
@pytest.mark.soak
def test_in_rig_play_three_hundred_models_are_stepped_through_without_gap_or_click(jack_server, many, tmp_path):
    check_steps(many[0].parent, tmp_path, jack_server, 300)
