"""A track beside the guitar: heard sample for sample, never recorded, without a click, whatever becomes of its file."""

from __future__ import annotations

import math

import numpy as np
import pytest
import soundfile as sf
from allocations import rtsys
from jackclients import wait_until
from played_along import PlayedAlong, noises, written
from rigs import RATE, db, guitar, jump, sine

from rig.audio.resample import resample
from rig.backing import stream as stream_module
from rig.backing.clicks import count_in
from rig.dsp.backing.streams import StreamRing
from rig.errors import RigError
from rig.player.tools.backing_spots import Spot

FADE = 480  # samples: every stream begins so long before its place
ROUNDED = 2e-7  # two sums of float32


@pytest.fixture
def along():
    made = PlayedAlong()
    yield made
    made.close()


def alone(x):
    """The same guitar without a track."""
    bare = PlayedAlong()
    return bare.play(len(x), x)


# ---------------------------------------------------------------- what is heard
@pytest.mark.parametrize("block_size", [1, 64, [7, 250, 1024], 8192])
def test_it_is_added_to_the_guitar_sample_for_sample_round_after_round(block_size, tmp_path):
    x, track = guitar(RATE), noises(RATE // 3)
    along = PlayedAlong(block_size).load(written(tmp_path / "a.wav", track))
    along.backing.set_volume(-6.0)
    y = along.start().play(RATE, x) - alone(x)
    want = np.zeros((RATE, 2))
    want[FADE:] = np.resize(track, (RATE - FADE, 2)) * 10 ** (-6 / 20)
    assert np.abs(y - want).max() < ROUNDED
    along.close()


def test_a_mono_file_is_heard_on_both_sides_and_of_six_channels_the_first_two(along, tmp_path):
    track = noises(RATE, sides=6)
    along.load(written(tmp_path / "mono.wav", track[:, 0])).start()
    assert np.array_equal(along.play(RATE // 2)[FADE:], np.repeat(track[: RATE // 2 - FADE, :1], 2, axis=1))
    along.load(written(tmp_path / "six.wav", track)).start()
    assert "6 channels; the first two of them play" in along.told.text
    heard = along.play(RATE // 2)
    assert np.array_equal(heard[2 * FADE :], track[FADE : RATE // 2 - FADE, :2])


def test_at_another_rate_it_is_what_the_resampler_makes_of_it(along, tmp_path):
    track = noises(2 * 44100, seed=1)
    along.load(written(tmp_path / "a.wav", track, 44100))
    along.backing.play_once(True)
    along.ready().start()
    assert "44100 Hz, stereo; played at 48000 Hz" in along.told.text
    y = along.play(2 * RATE + 2 * FADE)
    want = resample(track, 44100, RATE)
    edge = 200  # of a filter that hears silence before the first sample
    assert np.abs(y[FADE + edge : FADE + len(want) - FADE] - want[edge:-FADE]).max() < 1e-6


def test_what_is_recorded_holds_none_of_it(along, tmp_path):
    x = guitar(RATE)
    ring = along.engine.recorder()
    ring.begin()
    y = along.load(written(tmp_path / "a.wav", noises(RATE))).start().play(RATE, x)
    taken = np.zeros((3, RATE), np.float32)
    assert ring.read(taken, over=True) == RATE
    assert np.array_equal(taken[1:].T, alone(x))
    assert db(y - taken[1:].T) > -20  # though it was heard


def test_mute_silences_both_and_the_volume_pedal_the_guitar_alone(along, tmp_path):
    track = noises(RATE)
    along.load(written(tmp_path / "a.wav", track)).start().play(FADE)
    along.engine.set_volume(0.0)
    along.play(FADE, guitar(RATE))
    y = along.play(RATE // 4, guitar(RATE))
    assert np.array_equal(y, track[FADE : FADE + RATE // 4])
    along.engine.set_master(0.0)
    along.play(FADE)
    assert not along.play(RATE // 4, guitar(RATE)).any()


def test_what_is_too_loud_together_is_held_at_full_scale(tmp_path):
    along = PlayedAlong(guard=True).load(written(tmp_path / "a.wav", np.ones((RATE, 2))))
    y = along.start().play(RATE // 2, np.full(RATE, 0.5, np.float32))
    assert y.max() == 1.0
    assert along.engine.reading("output").clips > 0
    along.close()


# ---------------------------------------------------------------- no click
def tones(seconds, hz=220.3, peak=0.3):
    return np.stack([sine(round(seconds * RATE), hz, peak), sine(round(seconds * RATE), 1.5 * hz, peak)], axis=1)


def test_whatever_is_done_with_it_does_not_click(along, tmp_path):
    along.load(written(tmp_path / "a.wav", tones(4.0)))
    put, heard = along.backing, []
    steady = jump(tones(1.0)[:, 1])
    for act in (
        lambda: put.play(True),
        lambda: put.set_volume(-20.0),
        lambda: put.set_volume(6.0),
        lambda: put.locate(2.0),
        lambda: put.end_at(2.5),
        lambda: put.begin_at(2.2),
        lambda: put.play_once(True),
        lambda: put.play_once(False),
        lambda: put.play(False),
        lambda: put.play(True),
        lambda: put.play(False),
    ):
        act()
        along.ready()
        heard.append(along.play(RATE // 2))
    assert [np.abs(part).max() > 0.01 for part in heard].count(False) == 0
    assert not heard[-1][-FADE:].any()
    # The level that it rises to doubles what a sine does by itself, and a fade adds hardly anything.
    assert max(jump(y) for y in np.concatenate(heard).T) < 2.5 * steady


def test_the_seam_of_a_section_is_joined_and_its_first_note_is_whole(along, tmp_path):
    track = tones(2.0)
    along.load(written(tmp_path / "a.wav", track), Spot(0.25, is_share=True), Spot(1.1))
    y = along.start().play(2 * RATE)
    first, last = RATE // 2, round(1.1 * RATE)
    rounds = y[FADE:]
    for k in range(2):  # from its first note to where the end begins to fade: as in the file, at its time
        at = k * (last - first)
        assert np.array_equal(rounds[at : at + last - first - FADE], track[first : last - FADE])
    assert jump(y[FADE:, 0]) < 1.5 * jump(track[:, 0])


@pytest.mark.parametrize(("hz", "is_whole"), [(200.0, True), (201.7, False)])
def test_a_file_that_was_made_to_go_round_does_so_without_a_gap_and_any_other_without_a_click(
    hz, is_whole, along, tmp_path
):
    track = tones(0.5, hz)
    along.load(written(tmp_path / "a.wav", track))
    y = along.start().play(2 * RATE)[2 * FADE :]
    if is_whole:
        assert db(y - np.resize(track, (len(y) + FADE, 2))[FADE:]) < -100
    assert jump(y[:, 1]) < 2 * jump(track[:, 1])


def test_a_file_cut_off_within_a_sound_is_faded_at_both_ends(along, tmp_path):
    tone = sine(RATE, 200.0, 0.3)[60 : RATE // 2]
    along.load(written(tmp_path / "a.wav", tone))
    along.backing.play_once(True)
    y = along.ready().start().play(RATE)
    assert jump(y[:, 0]) < 2 * jump(tone)
    assert not along.backing.is_playing
    assert "has ended" in along.told.text


def test_moving_an_end_is_not_heard_where_it_plays(along, tmp_path):
    track = noises(3 * RATE)
    along.load(written(tmp_path / "a.wav", track)).start().play(RATE // 2)
    along.backing.end_at(2.5)
    along.ready()
    assert along.backing._stream.section.last == round(2.5 * RATE)
    y = along.play(RATE)
    at = RATE // 2 - FADE
    assert np.abs(y - track[at : at + RATE]).max() < ROUNDED


# ---------------------------------------------------------------- count-in
@pytest.mark.parametrize("bpm", [150.0, 97.3])
def test_beats_are_counted_in_at_their_samples_and_the_track_follows(bpm, along, tmp_path):
    track = noises(2 * RATE)
    along.load(written(tmp_path / "a.wav", track))
    along.backing.count(3)
    along.backing.set_tempo(bpm)
    y = along.ready().start().play(3 * RATE)
    clicks = count_in(3, bpm, RATE)
    assert len(clicks) == round(3 * 60 / bpm * RATE)
    for k in range(3):
        at = round(k * 60 / bpm * RATE)
        assert not np.abs(clicks[max(0, at - 100) : at + 1]).any()
        assert abs(clicks[at + 1]) > 0.05
    assert np.array_equal(y[FADE : FADE + len(clicks), 1], clicks)
    assert np.array_equal(y[FADE + len(clicks) :], track[: len(y) - FADE - len(clicks)])


def test_a_section_that_is_counted_in_begins_with_a_whole_note(along, tmp_path):
    track = tones(2.0)
    along.load(written(tmp_path / "a.wav", track), Spot(0.5))
    along.backing.count(1)
    y = along.ready().start().play(RATE)
    begins = FADE + RATE // 2
    assert np.array_equal(y[begins:], track[RATE // 2 : RATE // 2 + len(y) - begins])
    assert jump(y[begins - 2 * FADE :, 0]) < 1.5 * jump(track[:, 0])


# ---------------------------------------------------------------- files that let one down
def test_a_file_that_is_removed_plays_on_and_cannot_be_started_again(along, tmp_path, monkeypatch):
    monkeypatch.setattr(stream_module, "STILL_THERE_S", 0.0)
    path = written(tmp_path / "a.wav", noises(20 * RATE))
    along.load(path).start().play(RATE)
    path.unlink()
    wait_until(lambda: along.backing._stream.is_removed, "the look at the file", 10)
    x = guitar(RATE)
    assert np.abs(along.play(RATE, x) - alone(x)).max() > 0.1
    assert "a.wav has been removed; what is open of it plays on" in along.told.text
    along.backing.play(False)
    wait_until(lambda: (along.backing.poll(), "there is no more of it" in along.told.text)[1], "the sentence", 10)
    along.backing.play(True)
    wait_until(lambda: (along.backing.poll(), not along.backing.is_playing)[1], "it to be refused", 10)


@pytest.mark.parametrize("how", ["not finite", "cut off"])
def test_a_file_that_is_broken_in_its_middle_fades_out_with_a_sentence(how, along, tmp_path):
    track = tones(20.0)
    if how == "not finite":
        track[12 * RATE :, 0] = math.nan
    path = written(tmp_path / "a.wav", track)
    along.load(path).start()
    if how == "cut off":
        with path.open("r+b") as file:
            file.truncate(12 * RATE * 8)
    x = guitar(14 * RATE)
    y = along.play(len(x), x) - alone(x)
    assert ("is not a number" if how == "not finite" else "damaged or cut off") in along.told.text
    assert y[10 * RATE : 10 * RATE + 100].any()
    assert not y[13 * RATE :].any()
    assert jump(y[:, 0]) < 2 * jump(track[:RATE, 0]) + 1e-6
    assert not along.backing.is_playing


def test_another_file_of_the_same_name_is_not_taken_for_it(along, tmp_path):
    path = written(tmp_path / "a.wav", tones(2.0))
    along.load(path)
    written(path, tones(1.0))
    along.backing.locate(0.5)
    wait_until(lambda: (along.backing.poll(), "has become another file" in along.told.text)[1], "the sentence", 10)


@pytest.mark.parametrize("content", ["missing", "empty", "no samples", "text", "short"])
def test_what_cannot_be_played_is_said_and_the_guitar_goes_on(content, along, tmp_path):
    path = tmp_path / "a.wav"
    if content == "empty":
        path.touch()
    elif content == "text":
        path.write_text("no sound")
    elif content in ("no samples", "short"):
        written(path, np.zeros(0 if content == "no samples" else 100))
    along.backing.load(str(path))
    wait_until(lambda: (along.backing.poll(), along.told)[1], "the sentence", 20)
    assert along.told[-1].startswith("a.wav: ")
    x = guitar(RATE // 2)
    assert np.array_equal(along.play(len(x), x), alone(x))
    with pytest.raises(RigError, match="There is no backing track"):
        along.backing.play(True)


def test_an_mp3_is_entered_at_the_right_sample(along, tmp_path):
    path = tmp_path / "a.mp3"
    sf.write(path, tones(3.0), RATE, format="MP3")
    whole = sf.read(path, dtype="float32")[0]
    y = along.load(path, Spot(1.0), Spot(2.0)).start().play(2 * RATE)[FADE:]
    for k in range(2):
        part = y[k * RATE : k * RATE + RATE - 2 * FADE]
        assert np.abs(part - whole[RATE : RATE + len(part)]).max() < 1e-4


# ---------------------------------------------------------------- a slow disk
def filled(samples, capacity=RATE):
    ring = StreamRing(capacity)
    assert ring.fill(samples) == len(samples)
    return ring


def test_before_it_runs_dry_it_fades_out_and_it_goes_on_where_it_was():
    along, track = PlayedAlong(), tones(3.0)
    ring = filled(track[:RATE], 2 * RATE)
    along.engine.back(ring)
    along.engine.set_backing(1.0)
    first = along.backend.process(np.zeros(2 * RATE))
    assert int(ring.record["stalls"]) == 1
    assert not first[RATE:].any()
    stood = int(ring.record["tail"])
    ring.fill(np.ascontiguousarray(track[RATE : 2 * RATE]))
    y = along.backend.process(np.zeros(RATE // 4))
    assert np.array_equal(y[FADE:], track[stood + FADE : stood + len(y)])
    assert jump(np.concatenate([first, y])[:, 0]) < 1.5 * jump(track[:, 0])
    assert first[: RATE - 2 * FADE].any(axis=1).mean() > 0.99


def test_a_ring_takes_what_there_is_room_for():
    ring = StreamRing(1000)
    assert ring.fill(noises(800)) == 800
    assert ring.fill(noises(800)) == 1024 - 800
    assert ring.fill(noises(1)) == 0


def test_nothing_is_allocated_while_it_plays(along, tmp_path):
    along.load(written(tmp_path / "a.wav", tones(4.0))).start().play(RATE)
    along.wait_for_the_disk()
    x, before = np.zeros(2 * 1 << 14, np.float32), rtsys.get_allocation_stats()
    along.backend.process(x)
    after = rtsys.get_allocation_stats()
    assert (after.alloc, after.mi_alloc) == (before.alloc, before.mi_alloc)


def test_streams_are_let_go_of(along, tmp_path):
    along.load(written(tmp_path / "a.wav", tones(4.0))).start()
    for k in range(10):
        along.backing.locate(0.2 * k)
        along.ready().play(1 << 11)
    along.play(1 << 12)
    assert len(along.engine._streams) <= 1


# ---------------------------------------------------------------- a restart at another rate
def test_it_goes_on_where_it_was_at_another_rate_without_counting_in(along, tmp_path):
    track = tones(20.0)
    along.load(written(tmp_path / "a.wav", track), Spot(1.0), Spot(15.0))
    along.backing.count(4)
    along.backing.set_volume(-3.0)
    along.ready().start().play(6 * RATE)
    assert along.backing.at_s == pytest.approx(1.0 + 6.0 - 2.0, abs=0.1)
    later = PlayedAlong(rate=44100)
    later.backing.restore(along.backing.snapshot())
    y = later.ready().play(44100)
    want = resample(track, RATE, 44100)
    at = round(along.backing.at_s * 44100)
    near = np.abs(y[2000:4000, 0]).max()
    assert near == pytest.approx(0.3 * 10 ** (-3 / 20), rel=0.05)
    assert later.backing.at_s == pytest.approx(along.backing.at_s + 1.0, abs=0.1)
    # The very samples: a place is known to one sample of the file.
    part, wide = y[4000:8000, 0] / 10 ** (-3 / 20), want[at : at + 10000, 0]
    offsets = [np.abs(part - wide[k : k + 4000]).max() for k in range(3000, 4000)]
    assert min(offsets) < 0.01
    later.close()


def test_a_track_that_stood_still_is_not_started_by_a_restart(along, tmp_path):
    along.load(written(tmp_path / "a.wav", tones(2.0)))
    later = PlayedAlong(rate=44100)
    later.backing.restore(along.backing.snapshot())
    assert not later.ready().play(44100).any()
    later.close()
