"""Reading what people have, refusing what is broken, writing without destroying."""

import os

import numpy as np
import pytest
import soundfile as sf

from rig.audio import wav
from rig.errors import AudioError


def signal(channels=1, frames=4800):
    return np.random.default_rng(3).uniform(-0.9, 0.9, (frames, channels))


STEP = {"PCM_16": 2.0**-15, "PCM_24": 2.0**-23, "PCM_32": 2.0**-31, "FLOAT": 2.0**-24, "DOUBLE": 0.0}


@pytest.mark.parametrize(
    ("ending", "container", "subtype"),
    [
        *((".wav", "WAV", subtype) for subtype in STEP),
        (".wav", "WAVEX", "PCM_24"),
        (".aiff", "AIFF", "PCM_24"),
        (".aif", "AIFF", "FLOAT"),
        (".flac", "FLAC", "PCM_16"),
        (".flac", "FLAC", "PCM_24"),
        (".caf", "CAF", "PCM_24"),
        (".wav", "RF64", "PCM_24"),
        (".w64", "W64", "FLOAT"),
        (".au", "AU", "PCM_16"),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_formats_are_read_exactly(tmp_path, ending, container, subtype, channels):
    path, x = tmp_path / f"take{ending}", signal(channels)
    sf.write(path, x, 44100, format=container, subtype=subtype)
    audio = wav.read(path)
    assert (audio.sample_rate, audio.format, audio.subtype, audio.name) == (44100, container, subtype, path.name)
    assert audio.samples.shape == (4800, channels)
    assert audio.channels == channels
    assert audio.duration_s == pytest.approx(4800 / 44100)
    np.testing.assert_allclose(
        audio.samples, x, rtol=0, atol=STEP[subtype]
    )  # half a step of rounding, or one of cutting
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[0] = 0


def broken(tmp_path, what):
    path = tmp_path / "di.wav"
    if what == "folder":
        path.mkdir()
    elif what == "empty":
        path.touch()
    elif what == "text":
        path.write_text("this is not audio")
    elif what == "header only":
        sf.write(path, signal(), 48000)
        path.write_bytes(path.read_bytes()[:30])
    elif what == "no samples":
        sf.write(path, np.zeros(0), 48000)
    elif what == "nan":
        x = signal()
        x[1234] = np.nan
        sf.write(path, x, 48000, subtype="FLOAT")
    return path


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("missing", r"^di\.wav: no such file in .*\.$"),
        ("folder", r"^di\.wav: a folder, not an audio file"),
        ("empty", r"^di\.wav: the file is empty \(0 bytes\)"),
        ("text", r"^di\.wav: not an audio file that can be read \(Format not recognised\); use WAV"),
        ("header only", r"^di\.wav: not an audio file that can be read"),
        ("no samples", r"^di\.wav: an audio file without a single sample"),
        ("nan", r"^di\.wav: sample 1234 is not a number"),
    ],
)
def test_broken_files_are_named_and_explained(tmp_path, what, sentence):
    with pytest.raises(AudioError, match=sentence):
        wav.read(broken(tmp_path, what))


@pytest.mark.parametrize(
    ("ending", "container"),
    [(".wav", "WAV"), (".aiff", "AIFF"), (".wav", "RF64"), (".w64", "W64"), (".flac", "FLAC")],
)
def test_half_a_file_is_refused(tmp_path, ending, container):
    path = tmp_path / f"di{ending}"
    sf.write(path, signal(), 48000, format=container, subtype="PCM_16")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(AudioError, match=rf"^di{ending}: .*cut off"):
        wav.read(path)


def test_a_wav_of_unknown_length_from_a_pipe_is_read(tmp_path):
    """Programs that write into a pipe cannot go back to enter the length."""
    path = tmp_path / "di.wav"
    sf.write(path, signal(), 48000, subtype="PCM_16")
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[4:8] = content[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert wav.read(path).samples.shape == (4800, 1)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_explained(tmp_path):
    path = tmp_path / "di.wav"
    sf.write(path, signal(), 48000)
    path.chmod(0)
    with pytest.raises(AudioError, match=r"^di\.wav: cannot be read \(Permission denied\)"):
        wav.read(path)


def test_blocks_add_up_to_the_file(tmp_path):
    path = tmp_path / "di.wav"
    wav.write(path, signal(2), 48000, "DOUBLE")
    with wav.Reader(path) as reader:
        blocks = list(reader.blocks(1000))
        assert (reader.frames, reader.channels, reader.sample_rate) == (4800, 2, 48000)
    assert [len(block) for block in blocks] == [1000, 1000, 1000, 1000, 800]
    np.testing.assert_array_equal(np.concatenate(blocks), signal(2))


# ---------------------------------------------------------------- writing
@pytest.mark.parametrize("ending", wav.FORMATS)
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_what_is_written_is_read_back(tmp_path, ending, subtype):
    if (ending, subtype) == (".flac", "FLOAT"):
        pytest.skip("FLAC holds whole numbers only")
    path, x = tmp_path / f"out{ending}", signal(2)
    wav.write(path, x, 48000, subtype)
    audio = wav.read(path)
    assert (audio.sample_rate, audio.subtype) == (48000, subtype)
    np.testing.assert_allclose(audio.samples, x, rtol=0, atol=STEP[subtype])
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_mono_row_of_samples_is_fine(tmp_path):
    wav.write(tmp_path / "out.wav", signal()[:, 0].astype(np.float32), 48000, "FLOAT")
    assert wav.read(tmp_path / "out.wav").samples.shape == (4800, 1)


def test_whole_numbers_stop_at_full_scale(tmp_path):
    wav.write(tmp_path / "out.wav", np.array([1.5, -1.5, 0.25]), 48000, "PCM_24")
    found = wav.read(tmp_path / "out.wav").samples[:, 0]
    np.testing.assert_allclose(found, [1.0, -1.0, 0.25], rtol=0, atol=2.0**-22)


def test_an_existing_file_stays_unless_overwriting_is_allowed(tmp_path):
    path = tmp_path / "out.wav"
    path.write_text("precious")
    with pytest.raises(AudioError, match=r"^out\.wav: the file exists already"):
        wav.write(path, signal(), 48000)
    assert path.read_text() == "precious"
    wav.write(path, signal(), 48000, overwrite=True)
    assert wav.read(path).samples.shape == (4800, 1)


@pytest.mark.parametrize(
    ("name", "subtype", "sentence"),
    [
        ("out.mp4", "PCM_24", r"^out\.mp4: unknown ending \.mp4; rig writes \.wav, \.flac"),
        ("out", "PCM_24", r"^out: unknown ending \(none\)"),
        ("out.flac", "FLOAT", r"^out\.flac: FLAC files cannot hold FLOAT; use one of PCM_16, PCM_24\."),
        ("out.wav", "PCM_13", r"^out\.wav: WAV files cannot hold PCM_13; use one of PCM_16, PCM_24, PCM_32, FLOAT"),
        ("none/out.wav", "PCM_24", r"^out\.wav: cannot be written; there is no folder"),
    ],
)
def test_what_cannot_be_written_is_explained(tmp_path, name, subtype, sentence):
    with pytest.raises(AudioError, match=sentence):
        wav.write(tmp_path / name, signal(), 48000, subtype)
    assert not list(tmp_path.iterdir())


def test_a_folder_is_never_replaced(tmp_path):
    (tmp_path / "out.wav").mkdir()
    with pytest.raises(AudioError, match=r"^out\.wav: a folder of that name"):
        wav.write(tmp_path / "out.wav", signal(), 48000, overwrite=True)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_numbers_are_not_written(tmp_path, bad):
    with pytest.raises(AudioError, match=r"^out\.wav: not written"):
        wav.write(tmp_path / "out.wav", np.array([0.0, bad]), 48000)
    assert not list(tmp_path.iterdir())


def test_a_failure_while_writing_leaves_no_file_and_keeps_the_old_one(tmp_path):
    path = tmp_path / "out.wav"
    path.write_text("precious")
    with pytest.raises(KeyboardInterrupt), wav.Writer(path, 48000, overwrite=True) as writer:
        writer.write(signal())
        raise KeyboardInterrupt
    assert path.read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == ["out.wav"]


def test_a_file_that_appears_meanwhile_is_not_destroyed(tmp_path):
    path = tmp_path / "out.wav"
    with pytest.raises(AudioError, match="exists already"), wav.Writer(path, 48000) as writer:
        writer.write(signal())
        path.write_text("precious")
    assert path.read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == ["out.wav"]


def test_wav_ends_at_four_gigabytes(tmp_path, monkeypatch):
    monkeypatch.setattr(wav, "WAV_LIMIT", 10_000)
    with pytest.raises(AudioError, match=r"more than the 4 GB .* \.w64"):
        wav.write(tmp_path / "out.wav", signal(), 48000, "PCM_24")
    wav.write(tmp_path / "out.w64", signal(), 48000, "PCM_24")


@pytest.mark.parametrize(
    ("container", "subtype"),
    [
        *(("WAV", "PCM_24"), ("WAV", "FLOAT"), ("FLAC", "PCM_24"), ("AIFF", "PCM_16"), ("OGG", "VORBIS")),
        *(("WAV", "IMA_ADPCM"), ("WAV", "GSM610"), ("MP3", "MPEG_LAYER_III")),
    ],
)
def test_a_file_is_entered_at_any_sample(tmp_path, container, subtype):
    path, x = tmp_path / "song", 0.3 * signal(1, 8 * 48000)
    sf.write(path, x, 48000, format=container, subtype=subtype)
    with wav.Reader(path) as reader:
        whole = np.concatenate(list(reader.blocks()))
        for start in (1, 1000, 48000, 300_001, 0, 200_000, len(whole) - 100):
            part = next(reader.blocks(2000, start))
            assert np.array_equal(part, whole[start : start + len(part)]), start
        assert list(reader.blocks(start=len(whole))) == []
