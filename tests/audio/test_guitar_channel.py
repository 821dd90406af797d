"""The guitar of a file with several channels: found, or asked for; a silent file is told of."""

from __future__ import annotations

import numpy as np
import pytest
from rigs import NANO, RATE, Told, guitar, noise

from rig.audio import wav
from rig.audio.guitar_channel import guitar_channel
from rig.errors import AudioError
from rig.nam import Model
from rig.player.tools.looper import loop_from
from rig.rendering import render
from rig.sound import Sound

GUITAR, OPEN = guitar(RATE), noise(RATE, 2e-4)
OTHER = noise(RATE, 0.1, seed=5)


def written(tmp_path, *channels, name="di.wav"):
    path = tmp_path / name
    wav.write(path, np.stack(np.broadcast_arrays(*channels), axis=1), RATE, "FLOAT", overwrite=True)
    return path


@pytest.mark.parametrize(
    ("channels", "index", "note"),
    [
        ((GUITAR,), 0, ""),
        ((GUITAR, 0.0), 0, "the guitar is on channel 1, the other one is empty"),
        ((0.0, GUITAR), 1, "di.wav has 2 channels; the guitar is on channel 2, the other one is empty"),
        ((OPEN, GUITAR), 1, "the guitar is on channel 2"),
        ((OPEN + 0.3, GUITAR), 1, "the guitar is on channel 2"),  # DC is no guitar
        ((0.0, OPEN, GUITAR, 0.01 * GUITAR), 2, "4 channels; the guitar is on channel 3, the others are empty"),
        ((GUITAR, GUITAR), 0, "the same guitar on each; channel 1 was used"),
        ((0.3 * GUITAR, -GUITAR), 1, "the same guitar on each; channel 2 was used"),
    ],
)
def test_the_channel_with_sound_in_it_is_the_guitar(tmp_path, channels, index, note):
    found = guitar_channel(written(tmp_path, *channels))
    assert (found.index, found.is_silent) == (index, False)
    assert note in found.note
    assert bool(found.note) == bool(note)


def test_channels_that_differ_are_asked_about_and_the_answer_counts(tmp_path):
    path = written(tmp_path, GUITAR, OTHER)
    with pytest.raises(
        AudioError, match=r"^di\.wav has 2 channels that differ \(channel 1: -\d+ dBFS RMS, channel 2: -25 "
    ):
        guitar_channel(path)
    with pytest.raises(AudioError, match=r"say which one is the guitar with --channel \(1 or 2\)\.$"):
        guitar_channel(path)
    assert [guitar_channel(path, channel).index for channel in (1, 2)] == [0, 1]
    for channel in (0, 3, -1):
        with pytest.raises(AudioError, match=rf"has the channels 1 to 2; there is no channel {channel}\."):
            guitar_channel(path, channel)


def test_a_render_of_a_guitar_on_the_right_is_that_of_the_guitar(tmp_path):
    sound = Sound(Model.load(NANO))
    done = render(sound, written(tmp_path, 0.0, GUITAR), tmp_path / "stereo.wav")
    render(sound, written(tmp_path, GUITAR, name="mono.wav"), tmp_path / "of-mono.wav")
    stereo, mono = (wav.read(tmp_path / name).samples for name in ("stereo.wav", "of-mono.wav"))
    np.testing.assert_array_equal(stereo, mono)
    assert (done.channel, done.warnings) == (2, ())
    assert any("the guitar is on channel 2" in note for note in done.notes)
    other = render(sound, written(tmp_path, GUITAR, OTHER), tmp_path / "other.wav", channel=2)
    assert other.channel == 2


@pytest.mark.parametrize("quiet", [0.0, 0.02, noise(RATE, 1e-5)], ids=["zeros", "DC", "noise"])
def test_silence_in_is_a_warning(tmp_path, quiet):
    path = written(tmp_path, np.zeros(RATE) + quiet, 0.0)
    done = render(Sound(Model.load(NANO)), path, tmp_path / "out.wav", overwrite=True)
    assert done.warnings == ("di.wav is silent (RMS below -80 dBFS): there is no guitar in it",)
    assert done.to_json()["warnings"] == done.warnings
    told = Told()
    loop_from(path, RATE, None, lambda kind, sentence: list.append(told, (kind, sentence)))
    assert told == [("warning", done.warnings[0])]


def test_a_constant_in_the_input_of_a_render_is_told_of_with_the_way_out(tmp_path):
    path = written(tmp_path, GUITAR + 0.01, name="dc.wav")
    done = render(Sound(Model.load(NANO)), path, tmp_path / "out.wav")
    assert any("holds a constant (DC) of -40 dBFS" in note and "--rumble-hz 40" in note for note in done.notes)
    plain = render(Sound(Model.load(NANO)), written(tmp_path, GUITAR), tmp_path / "plain.wav")
    assert not any("DC" in note for note in plain.notes)
    filtered = render(Sound(Model.load(NANO), rumble_hz=40.0), path, tmp_path / "filtered.wav")
    assert not any("DC" in note for note in filtered.notes)
