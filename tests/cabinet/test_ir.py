"""Impulse responses: what is read, at which gain, and what is refused."""

import hashlib

import numpy as np
import pytest
import soundfile as sf
from judge import error_db

from rig.cabinet.ir import IR
from rig.errors import IRError, RigError


def cabinet(samples=2000, channels=1, rate=48000):
    """A response that starts so softly that it is band-limited, and can be written down at any rate."""
    t = np.arange(samples) / rate / 0.002
    rows = [np.sin(2 * np.pi * (0.6 + 0.2 * c) * t) * t**4 * np.exp(-t) for c in range(channels)]
    return 0.1 * np.stack(rows, axis=1)


def save(tmp_path, x, rate=48000, name="v30.wav", subtype="FLOAT"):
    path = tmp_path / name
    sf.write(path, x, rate, subtype=subtype)
    return path


# ---------------------------------------------------------------- what is read
def test_a_file_becomes_taps(tmp_path):
    path = save(tmp_path, cabinet())
    ir = IR.load(path)
    assert (ir.name, ir.path, ir.sample_rate, ir.file_sample_rate) == ("v30.wav", path, 48000, 48000)
    assert (ir.channels, ir.taps.shape, ir.taps.dtype, ir.warnings) == (1, (1, 2000), np.float32, ())
    assert ir.content_hash == hashlib.sha256(path.read_bytes()).hexdigest()
    assert ir.duration_s == pytest.approx(2000 / 48000)
    with pytest.raises(ValueError, match="read-only"):
        ir.taps[0, 0] = 1


@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        *(("v30.wav", depth) for depth in ("PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")),
        ("v30.aiff", "PCM_24"),
        ("v30.flac", "PCM_24"),
        ("v30.caf", "FLOAT"),
        ("v30.rf64", "PCM_24"),
    ],
)
def test_every_format_gives_the_same_taps(tmp_path, name, subtype):
    ir = IR.load(save(tmp_path, cabinet(), 48000, name, subtype), convention="unity")
    assert error_db(ir.taps[0], cabinet()[:, 0]) < (-70 if subtype == "PCM_16" else -110)


def test_two_channels_are_a_stereo_response(tmp_path):
    ir = IR.load(save(tmp_path, cabinet(channels=2)), convention="unity")
    np.testing.assert_allclose(ir.taps, cabinet(channels=2).T, atol=1e-7)


# ---------------------------------------------------------------- gain
@pytest.mark.parametrize("session", [44100, 48000, 96000])
@pytest.mark.parametrize("file_rate", [44100, 48000, 96000])
def test_the_nam_convention_keeps_values_and_scales_by_the_session_rate(tmp_path, file_rate, session):
    """As AudioDSPTools' ImpulseResponse: 10^(-18/20) * 48000 / session rate, whatever the rate of the file."""
    ir = IR.load(save(tmp_path, cabinet(4000, rate=file_rate), file_rate), session)
    expected = 10 ** (-18 / 20) * 48000 / session * cabinet(4000, rate=session)[: ir.taps.shape[1], 0]
    n = min(len(expected), ir.taps.shape[1])
    assert error_db(ir.taps[0, :n], expected[:n]) < -100
    assert ir.gain_db == pytest.approx(-18 + 20 * np.log10(48000 / session))
    assert (ir.sample_rate, ir.file_sample_rate, ir.convention) == (session, file_rate, "nam")


@pytest.mark.parametrize("session", [44100, 48000, 96000])
def test_the_unity_convention_keeps_the_gain_of_the_filter(tmp_path, session):
    path = save(tmp_path, cabinet(4000, rate=44100), 44100)

    def gain_at(taps, rate, hz=300):
        return abs(np.sum(taps * np.exp(-2j * np.pi * hz * np.arange(len(taps)) / rate)))

    ir = IR.load(path, session, convention="unity")
    expected = gain_at(cabinet(4000, rate=44100)[:, 0], 44100)
    assert gain_at(ir.taps[0], session) == pytest.approx(expected, rel=1e-4)  # 0.001 dB
    assert ir.gain_db == pytest.approx(20 * np.log10(44100 / session))


def test_an_unknown_convention_is_refused(tmp_path):
    with pytest.raises(IRError, match="Unknown gain convention 'loud'; there are nam and unity"):
        IR.load(save(tmp_path, cabinet()), convention="loud")


# ---------------------------------------------------------------- rendering
@pytest.mark.parametrize("block", [1, 64, 100, 128, 1000])
def test_render_is_the_convolution_as_long_as_the_input(tmp_path, block):
    ir = IR.load(save(tmp_path, cabinet()))
    x = np.random.default_rng(1).standard_normal(3000)
    y = ir.render(x, block)
    assert (y.shape, y.dtype) == ((3000,), np.float32)
    assert error_db(y, np.convolve(x, cabinet()[:, 0])[:3000] * 10 ** (-18 / 20)) < -125


def test_a_stereo_response_renders_two_channels(tmp_path):
    ir = IR.load(save(tmp_path, cabinet(channels=2)), convention="unity")
    x = np.random.default_rng(1).standard_normal(1000)
    y = ir.render(x)
    assert y.shape == (1000, 2)
    for channel in range(2):
        assert error_db(y[:, channel], np.convolve(x, cabinet(channels=2)[:, channel])[:1000]) < -125


def test_render_takes_one_channel_only():
    with pytest.raises(RigError, match="one channel"):
        IR.from_taps(np.ones(3), 48000).render(np.zeros((10, 2)))


def test_given_taps_stay_as_they_are():
    ir = IR.from_taps([1.0, -0.5], 44100, name="test")
    np.testing.assert_array_equal(ir.taps, [[1.0, -0.5]])
    assert (ir.name, ir.path, ir.sample_rate, ir.gain_db) == ("test", None, 44100, 0.0)
    assert [f.taps for f in IR.from_taps(np.ones((2, 300)), 48000).filters()] == [300, 300]


@pytest.mark.parametrize("taps", [np.ones((3, 10)), np.zeros((1, 0)), np.ones((1, 2, 3))])
def test_taps_of_a_wrong_shape_are_refused(taps):
    with pytest.raises(IRError, match=r"^taps: taps must have the shape"):
        IR.from_taps(taps, 48000)


# ---------------------------------------------------------------- cutting
def test_a_limited_response_fades_out_over_ten_milliseconds():
    ir = IR.from_taps(np.ones(48000), 48000, name="hall.wav")
    short = ir.limited(8192)
    assert short.taps.shape == (1, 8192)
    np.testing.assert_array_equal(short.taps[0, : 8192 - 480], 1)
    assert short.taps[0, 8192 - 240 - 1] == pytest.approx(0.5, abs=0.01)
    assert short.taps[0, -1] == 0
    assert (np.diff(short.taps[0, 8192 - 480 :]) < 0).all()
    assert short.warnings == ("hall.wav: cut from 1.00 s to 0.17 s.",)
    assert ir.limited(48000) is ir


# ---------------------------------------------------------------- what is refused
def test_one_silent_channel_is_a_warning(tmp_path):
    x = cabinet(channels=2)
    x[:, 1] = 0
    assert IR.load(save(tmp_path, x)).warnings == ("v30.wav: the right channel is silent.",)


@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        (np.zeros(1000), r"^v30\.wav: silent \(no sample above -120 dBFS\)"),
        (np.full(1000, 0.9e-6), r"^v30\.wav: silent"),
        (np.full(1000, 32768.0), r"^v30\.wav: peaks at \+90 dBFS, above anything sensible"),
        (np.array([1.0, np.nan]), r"^v30\.wav: sample 1 is not a number"),
        (np.array([1.0, 0.0, np.inf]), r"^v30\.wav: sample 2 is not a number or infinite"),
        (np.zeros(0), r"^v30\.wav: an audio file without a single sample"),
        (np.ones((100, 3)), r"^v30\.wav: 3 channels; rig plays mono and stereo impulse responses"),
        (np.ones(31 * 48000), r"^v30\.wav: 31 s long; an impulse response may last 30 s"),
    ],
    ids=["zeros", "-121 dBFS", "16-bit numbers", "NaN", "infinite", "no samples", "3 channels", "31 s"],
)
def test_responses_that_cannot_be_used_are_explained(tmp_path, x, sentence):
    with pytest.raises(IRError, match=sentence):
        IR.load(save(tmp_path, x))


def test_files_that_cannot_be_read_are_explained(tmp_path):
    path = tmp_path / "v30.wav"
    with pytest.raises(IRError, match=r"^v30\.wav: no such file"):
        IR.load(path)
    path.touch()
    with pytest.raises(IRError, match=r"^v30\.wav: the file is empty"):
        IR.load(path)
    path.write_text("not audio")
    with pytest.raises(IRError, match=r"^v30\.wav: not an audio file"):
        IR.load(path)
    path.write_bytes(save(tmp_path, cabinet(), name="whole.wav").read_bytes()[:3000])
    with pytest.raises(IRError, match=r"^v30\.wav: cut off"):
        IR.load(path)
    with pytest.raises(IRError, match=r": a folder, not an audio file"):
        IR.load(tmp_path)


def test_a_senseless_file_rate_is_refused(tmp_path):
    with pytest.raises(IRError, match=r"^v30\.wav: a sample rate of 100 Hz"):
        IR.load(save(tmp_path, cabinet(), rate=100))
