"""Headers that are wrong while every sample is there, names that are no UTF-8, files that would unpack to gigabytes."""

import os
import re
import struct

import numpy as np
import pytest
import soundfile as sf
from odd_audio import RATE, announcing, chunk, ds64, form, wav_of, with_bits, with_padding, without_length

from rig.audio import wav
from rig.audio.quiet_decoder import quiet_decoder
from rig.audio.resample import resample
from rig.audio.resample_pieces import regrouped, resample_pieces
from rig.cabinet.ir import IR, LARGEST_FILE
from rig.errors import AudioError, IRError

X = (np.random.default_rng(1).uniform(-0.5, 0.5, 1000) * 32768).round().astype("<i2")
PCM = X.tobytes()
SIZE = len(wav_of(form(), chunk(b"data", PCM))) - 8
WRONG = r"^odd\.wav: its header is wrong: .*1000 are there; all of them are used$"
ODD = {
    "plain": (wav_of(form(), chunk(b"data", PCM)), None),
    "odd chunk without padding": (wav_of(form(), chunk(b"bext", b"x" * 603, pad=False), chunk(b"data", PCM)), "'bext'"),
    "odd chunk with padding": (wav_of(form(), chunk(b"bext", b"x" * 603), chunk(b"data", PCM)), None),
    "odd chunk in front": (wav_of(chunk(b"JUNK", b"x" * 7, pad=False), form(), chunk(b"data", PCM)), "'JUNK'"),
    "data announces too much": (wav_of(form(), chunk(b"data", PCM, announced=9000), whole=SIZE), WRONG),
    "data and whole never entered": (wav_of(form(), chunk(b"data", PCM, announced=0), whole=0), WRONG),
    "data never entered": (wav_of(form(), chunk(b"data", PCM, announced=0)), WRONG),
    "data announces too little": (
        wav_of(form(), chunk(b"fact", struct.pack("<I", 1000)), chunk(b"data", PCM, announced=200)),
        WRONG,
    ),
    "data too much, fact right": (
        wav_of(form(), chunk(b"fact", struct.pack("<I", 1000)), chunk(b"data", PCM, announced=9000), whole=9100),
        WRONG,
    ),
    "fact wrong": (wav_of(form(), chunk(b"fact", struct.pack("<I", 77)), chunk(b"data", PCM)), WRONG),
    "pipe": (wav_of(form(), chunk(b"data", PCM, announced=0xFFFFFFFF), whole=0xFFFFFFFF), None),
    "RF64": (
        wav_of(ds64(SIZE + 36, 2000, 1000), form(), chunk(b"data", PCM, announced=0xFFFFFFFF), kind=b"RF64"),
        None,
    ),
    "RF64 with a wrong count": (
        wav_of(ds64(SIZE + 36, 2000, 5000), form(), chunk(b"data", PCM, announced=0xFFFFFFFF), kind=b"RF64"),
        WRONG,
    ),
    "RF64 with a wrong size": (
        wav_of(ds64(SIZE + 36, 9000, 1000), form(), chunk(b"data", PCM, announced=0xFFFFFFFF), kind=b"RF64"),
        WRONG,
    ),
    "chunks behind the samples": (wav_of(form(), chunk(b"data", PCM), chunk(b"LIST", b"INFO" * 50)), None),
    "garbage behind the samples": (wav_of(form(), chunk(b"data", PCM)) + bytes(5000), None),
}


@pytest.mark.parametrize("what", ODD)
def test_every_sample_that_is_there_is_read_and_a_wrong_header_is_noted(tmp_path, what):
    content, note = ODD[what]
    (path := tmp_path / "odd.wav").write_bytes(content)
    audio = wav.read(path)
    np.testing.assert_array_equal(audio.samples[:, 0], X / 32768)
    assert len(audio.notes) == (note is not None)
    if note is not None:
        assert re.search(note, audio.notes[0])
        assert any(audio.notes[0] in warning for warning in IR.load(path).warnings)


@pytest.mark.parametrize(
    "content",
    [
        wav_of(form(), chunk(b"data", PCM))[:-500],
        wav_of(form(), chunk(b"fact", struct.pack("<I", 1000)), chunk(b"data", PCM))[:-500],
        wav_of(ds64(SIZE + 36, 2000, 1000), form(), chunk(b"data", PCM, announced=0xFFFFFFFF), kind=b"RF64")[:-500],
    ],
)
def test_samples_that_are_missing_for_sure_are_refused(tmp_path, content):
    (path := tmp_path / "odd.wav").write_bytes(content)
    with pytest.raises(AudioError, match=r"^odd\.wav: cut off; the header announces 1000 samples, .* 750 samples"):
        wav.read(path)


def test_a_broken_chunk_is_named(tmp_path):
    (path := tmp_path / "odd.wav").write_bytes(wav_of(form(), chunk(b"bext", b"\1" * 100, announced=50), b"\2" * 90))
    with pytest.raises(AudioError, match=r"behind its chunk 'bext' no further one is found"):
        wav.read(path)


def test_the_length_of_a_flac_that_states_none_is_counted(tmp_path):
    path = without_length(tmp_path / "stream.flac", X / 32768)
    with wav.Reader(path) as reader:
        assert reader.frames == 1000
        for _ in range(2):  # and read as often as one likes
            np.testing.assert_allclose(np.concatenate(list(reader.blocks(300)))[:, 0], X / 32768, atol=2.0**-15)


@pytest.mark.parametrize("bits", [12, 15, 20, 32])
def test_a_flac_of_other_depths_is_named_as_what_it_is(tmp_path, bits):
    with pytest.raises(AudioError, match=rf"^it\.flac: FLAC of {bits} bits; rig reads .* Export it as WAV"):
        wav.read(with_bits(tmp_path / "it.flac", bits))


def test_an_mp3_whose_header_announces_padding_plays_and_is_no_good_cabinet(tmp_path):
    path = with_padding(tmp_path / "cab.mp3", np.random.default_rng(0).uniform(-0.5, 0.5, 4800), 2)
    with sf.SoundFile(path) as file:
        assert file.frames > len(file.read())  # so it was taken for cut off
    assert 4800 <= len(wav.read(path).samples) < 4800 + 1152
    assert any("MP3 leaves out what it takes for inaudible: no good cabinet" in w for w in IR.load(path).warnings)


def test_what_is_broken_in_an_mp3_is_said_in_our_words_only(tmp_path, capfd):
    path, rng = tmp_path / "cab.mp3", np.random.default_rng(0)
    sf.write(path, 0.1 * rng.standard_normal(2 * RATE), RATE, format="MP3")
    data = bytearray(path.read_bytes())
    for start in range(5000, len(data), 3001):
        data[start : start + 40] = rng.bytes(40)
    path.write_bytes(data)
    with sf.SoundFile(path) as file:
        file.read()
    assert "libmpg123" in capfd.readouterr().err  # what the decoder prints by itself
    assert len(wav.read(path).samples) > RATE
    assert capfd.readouterr().err == ""
    with quiet_decoder(True):
        os.write(2, b"Note: Trying to resync...\nrig: no such file\nNote     one of ours\n")
    assert capfd.readouterr().err == "rig: no such file\nNote     one of ours\n"


def test_a_name_that_is_no_utf8_is_read_and_written_and_shown_escaped(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.wav")
    wav.write(path, X / 32768, RATE)
    assert wav.read(path).channels == 1
    assert IR.load(path).path == path
    path.write_bytes(b"RIFF")
    with pytest.raises(AudioError, match=r"^caf\\xe9\.wav: not an audio file"):
        wav.read(path)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda p: sf.write(p, np.zeros((9, 1024)), RATE, format="WAV"), "1024 channels; rig reads files of up to 64"),
        (lambda p: sf.write(p, np.zeros(9), 500, format="WAV"), "a sample rate of 500 Hz; rig reads 1000 to 1536000"),
        (lambda p: announcing(p, 10.0), r"600 minutes at 48000 Hz; up to 23 minutes of that can be read at once"),
        (lambda p: p.write_bytes(b"PK\3\4" + bytes(100)), "a ZIP archive, not an audio file; unpack it"),
        (
            lambda p: p.write_bytes(b"\xf0\x7e\0\1" + bytes(100)),
            "a MIDI sample dump, not an audio file",
        ),
        (lambda p: p.write_bytes(b'{"version": "0.5.4"}'), "a NAM model, not an audio file; the model comes first"),
    ],
)
def test_what_asks_for_too_much_or_is_something_else_is_refused_before_it_is_unpacked(tmp_path, make, sentence):
    make(path := tmp_path / "big.x")
    with pytest.raises(AudioError, match=sentence):
        wav.read(path)


def test_an_impulse_response_of_gigabytes_is_never_hashed(tmp_path):
    path = tmp_path / "sparse.wav"
    wav.write(path, X / 32768, RATE)
    os.truncate(path, LARGEST_FILE + 1)  # a tail of nothing, which takes no room on the disk
    with pytest.raises(IRError, match=r"^sparse\.wav: 256 MiB, most of which is no sound"):
        IR.load(path)


@pytest.mark.parametrize("name", ["n" * 251 + ".wav", "n" * 300 + ".wav"])
def test_a_name_as_long_as_the_system_allows_is_written_and_a_longer_one_refused(tmp_path, name):
    path = tmp_path / name
    if len(name) <= 255:
        wav.write(path, X / 32768, RATE)
        assert len(wav.read(path).samples) == 1000
    else:
        with pytest.raises(AudioError, match=r"cannot be written \(File name too long"):
            wav.write(path, X / 32768, RATE)


@pytest.mark.parametrize("rates", [(44100, 48000), (48000, 44100), (96000, 48000), (48000, 192000), (47999, 48000)])
def test_pieces_are_resampled_to_the_very_samples_of_the_whole(rates):
    x = np.random.default_rng(2).uniform(-1, 1, (700_001, 2)).astype(np.float32)[:, : 1 + (rates[0] == 44100)]
    pieces = np.split(x, [1, 48_000, 48_000, 200_000, 555_555])
    y = np.concatenate(list(resample_pieces(iter(pieces), *rates)))
    np.testing.assert_array_equal(y, resample(x, *rates))
    assert [len(piece) for piece in regrouped(iter(pieces), 300_000)] == [300_000, 300_000, 100_001]
    np.testing.assert_array_equal(np.concatenate(list(regrouped(iter(pieces), 999))), x)
