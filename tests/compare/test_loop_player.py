"""Recordings that go round in step: bit for bit what they are, wherever a section ends and whatever is pressed."""

import numpy as np
import pytest

from rig.backends.offline import Offline
from rig.compare.loops.loop_player import TWO_SIDES, LoopPlayer
from rig.dsp.ramp import fade_samples, fade_table
from rig.engine import Engine
from rig.errors import RigError
from rig.player.tools.loop_section import LoopSection

RATE, PERIOD = 48_000, 64
FADE = fade_samples(RATE)


def noises(count, seconds=1.0, seed=5):
    rng = np.random.default_rng(seed)
    return [(0.1 * rng.standard_normal(round(seconds * RATE))).astype(np.float32) for _ in range(count)]


class Played:
    """A player on an engine of its own; `hear` is what comes out of the next samples."""

    def __init__(self, tracks, **how):
        self.engine = Engine(RATE, guard=False)
        self.backend = Offline(RATE, PERIOD)
        self.backend.start(self.engine.block_address, self.engine.address)
        self.player = LoopPlayer(self.engine, tracks, **how)
        self.player.play()

    def hear(self, samples):
        return self.backend.process(np.zeros(samples, np.float32))[:, 0]

    def settle(self):
        self.hear(4 * FADE - (4 * FADE) % PERIOD + PERIOD)


def naive(track, first, stop, at, samples):
    """The loop as its docstring says it: at the end of a section its beginning fades in."""
    out, fade = np.zeros(samples, np.float32), fade_table(FADE)
    for k in range(samples):
        into = at - (stop - FADE)
        if into >= 0:
            out[k] = track[at] + fade[into] * (track[first + into] - track[at])
        else:
            out[k] = track[at]
        at += 1
        if at == stop:
            at = first + FADE
    return out


def test_ten_tracks_are_heard_one_at_a_time_in_step_and_bit_for_bit():
    tracks = noises(10)
    played = Played(tracks)
    played.settle()
    for choice in (0, 7, 2, 9, 9):
        played.player.press(choice)
        played.settle()
        at = played.player.position_samples
        assert np.array_equal(played.hear(RATE // 4), naive(tracks[choice], 0, RATE, at, RATE // 4))


def test_the_ends_of_a_loop_are_joined_by_a_fade_again_and_again():
    (track,) = noises(1)
    played = Played([track], section=(4800, 14400))
    played.settle()
    at = played.player.position_samples
    assert np.array_equal(played.hear(RATE), naive(track, 4800, 14400, at, RATE))


def test_a_section_that_moves_away_is_reached_in_one_fade_without_a_click():
    t = np.arange(2 * RATE)
    tone = (0.3 * np.sin(2 * np.pi * 220 * t / RATE)).astype(np.float32)
    played = Played([tone])
    section = LoopSection(played.player, lambda _: None, "no loop")
    section.put(tone)
    played.settle()
    heard = [played.hear(RATE // 10)]
    for move in (section.begin_at, section.end_at):
        move(1.3)
        heard.append(played.hear(RATE // 2))
    assert 1.3 - 0.2 <= section.at_s <= 1.5
    y = np.concatenate(heard).astype(float)
    step = 0.3 * 2 * np.pi * 220 / RATE
    assert np.abs(np.diff(y)).max() < step + 2 * 0.3 * np.pi / 2 / FADE  # the tone's own, and that of the fade


def test_b_is_trimmed_turned_over_and_taken_from_a_in_place():
    a, b = noises(2)
    played = Played([a, b], mixes=TWO_SIDES, gains_db=(-6.0, 0.0), inverted=(False, True))
    played.settle()
    played.player.set_gain_db(1, 3.0)
    for choice, mix in enumerate(TWO_SIDES):
        played.player.press(choice)
        played.settle()
        at = played.player.position_samples
        wanted = mix[0] * 10 ** (-6 / 20) * a.astype(float) - mix[1] * 10 ** (3 / 20) * b
        y = played.hear(4800)
        assert np.abs(y - wanted[at : at + 4800]).max() < 1e-6


def test_a_press_is_silent_for_a_moment_whether_anything_changes_or_not():
    played = Played([np.full(RATE, 0.25, np.float32)] * 2)
    played.settle()
    dips = []
    for choice in (1, 1, 0):
        played.player.press(choice)
        dips.append(played.hear(4 * FADE))
        assert np.abs(dips[-1]).min() == 0.0
    assert all(np.array_equal(dip, dips[0]) for dip in dips)


def test_another_player_goes_on_where_the_first_one_is():
    track = np.linspace(0, 0.5, RATE, dtype=np.float32)
    played = Played([track])
    played.hear(RATE // 3)
    second = LoopPlayer(played.engine, [track], at_samples=played.player.position_samples)
    second.play()
    y = played.hear(RATE // 3)
    assert np.abs(np.diff(y)).max() < 1e-4  # a crossfade between the same place and the same place


@pytest.mark.parametrize(
    ("tracks", "why"),
    [
        ([np.zeros(RATE, np.float32), np.zeros(RATE - 1, np.float32)], "equally long"),
        ([np.zeros(FADE, np.float32)], "at least"),
    ],
)
def test_what_cannot_go_round_in_step_is_refused(tracks, why):
    with pytest.raises(RigError, match=why):
        LoopPlayer(Engine(RATE), tracks)


def test_a_section_is_never_outside():
    player = Played(noises(1)).player
    for ends in ((-1, 4800), (0, RATE + 1), (4800, 4900)):
        with pytest.raises(RigError, match="no section"):
            player.set_section(*ends)
