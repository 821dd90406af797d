"""The backing track in presets: what they keep of it, what a call does, and a file that is missing."""

from __future__ import annotations

import numpy as np
import pytest
from jackclients import wait_until
from preset_stage import Set, write
from rigs import A2, NANO, RATE

from rig.audio import wav
from rig.errors import PresetError
from rig.library.preset import Preset
from rig.library.preset_backing import PresetBacking


@pytest.fixture
def song(tmp_path):
    path = tmp_path / "songs" / "blues.wav"
    path.parent.mkdir()
    wav.write(path, (0.1 * np.sin(0.05 * np.arange(4 * RATE))).astype(np.float32), RATE)
    return path


def wait(it):
    """Until the track that was asked for is there, or told to be none."""
    it.player.backing._jobs.finish(10)
    it.poll()


def test_a_preset_keeps_the_track_its_level_its_section_and_its_count_in(tmp_path, song):
    it = Set(write(tmp_path, Preset("1 first", NANO)), folder=tmp_path)
    it.do("backing", text=str(song))
    wait(it)
    for name, value in (("volume", -20.0), ("from", 0.5), ("to", 2.5), ("once", True), ("count_in", 4), ("bpm", 90)):
        it.player.set(f"backing_{name}", value)
    it.do("save_preset", text="song")
    text = (tmp_path / "song.toml").read_text()
    assert '[backing]\nfile = "songs/blues.wav"\nvolume_db = -20.0\nfrom_s = 0.5\nto_s = 2.5\nonce = true\n' in text
    kept = Preset.load(tmp_path / "song.toml").backing
    assert kept == PresetBacking(tmp_path / "songs" / "blues.wav", -20.0, 0.5, 2.5, True, 4, 90.0)
    it.player.close()
    other = Set([tmp_path / "song.toml"], folder=tmp_path)
    wait(other)
    assert other.player.backing.kept == kept
    other.player.close()


def test_a_track_plays_on_through_a_preset_without_one_and_through_one_with_the_same(tmp_path, song):
    track = PresetBacking(song, -6.0, 1.0, 3.0)
    paths = write(tmp_path, Preset("1 a", NANO, backing=track), Preset("2 b", A2), Preset("3 c", NANO, backing=track))
    it = Set(paths, folder=tmp_path)
    wait(it)
    backing = it.player.backing
    it.do("backing_play")
    wait_until(lambda: (it.poll(), backing._stream)[1] is not None, "the track", 20)
    stream = backing._stream
    it.do("preset", 2)
    it.do("preset", 3)
    it.poll()
    assert backing.is_playing and backing._stream is stream and backing.kept == track
    it.player.close()


def test_a_missing_track_is_one_sentence_and_the_rest_of_the_preset_plays(tmp_path):
    gone = PresetBacking(tmp_path / "gone.mp3")
    it = Set(write(tmp_path, Preset("1 a", A2), Preset("2 b", NANO, backing=gone)), folder=tmp_path)
    it.do("preset", 2)
    wait(it)
    assert it.told.text.count("gone.mp3") == 1
    assert it.player.sound.model.path == NANO and it.player.backing.track is None
    it.player.close()


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("volume_db = -6", 'names no file; write file = "SONG.mp3"'),
        ('file = "a.wav"\nvolume_db = 40', "volume_db is 40, expected -60 to 12 dB"),
        ('file = "a.wav"\ncount_in = 99', "count_in is 99, expected"),
        ('file = "a.wav"\nfrom_s = 9\nto_s = 3', "to_s is 3, and has to lie behind from_s"),
    ],
)
def test_a_line_that_cannot_be_is_refused(tmp_path, lines, sentence):
    (tmp_path / "odd.toml").write_text(f'model = "{NANO}"\n[backing]\n{lines}\n')
    with pytest.raises(PresetError, match=sentence):
        Preset.load(tmp_path / "odd.toml")
