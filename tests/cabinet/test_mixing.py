"""Mixing impulse responses: gain, polarity, delay, pan and alignment; and what is written of it."""

import numpy as np
import pytest
import soundfile as sf
from judge import error_db
from responses import RATE, coloured, gain_db
from rigs import Bench, noise

from rig.audio.align import shifted
from rig.audio.resample import resample
from rig.cabinet.export import export
from rig.cabinet.ir import IR
from rig.cabinet.mix import Part, mix
from rig.cabinet.shaping import Shaping
from rig.engine import Cabinet
from rig.errors import AudioError, IRError
from rig.lane import Lane


def ir(taps, name="v30.wav", rate=RATE):
    return IR.from_taps(taps, rate, name)


def later(x, samples):
    return shifted(np.concatenate([x, np.zeros(200)]), samples)


# ---------------------------------------------------------------- gain, polarity, delay, pan
def test_a_mix_is_the_sum_of_its_parts():
    a, b, c = (coloured(seed, samples) for seed, samples in ((1, 2048), (2, 1000), (3, 3000)))
    parts = [Part(ir(a), -6.0), Part(ir(b), 3.0, inverted=True, delay_ms=0.5), Part(ir(c), delay_ms=1.0)]
    mixed = mix(parts)
    want = np.zeros(3048)
    want[:2048] += a * 10 ** (-6 / 20)
    want[24:1024] -= b * 10 ** (3 / 20)
    want[48:] += c
    assert mixed.ir.taps.shape == (1, 3048)
    assert error_db(mixed.ir.taps[0], want) < -130  # one rounding to float32
    assert [part.shift_samples for part in mixed.parts] == [0, 24, 48]
    assert mixed.ir.name == "v30.wav + v30.wav + v30.wav"


def test_one_part_alone_is_left_as_it_is():
    response = ir(coloured(1))
    mixed = mix([Part(response)], align=True)
    np.testing.assert_array_equal(mixed.ir.taps, response.taps)
    assert (mixed.ir.name, mixed.ir.path) == (response.name, response.path)


def test_a_delay_may_be_part_of_a_sample():
    t = np.arange(400)
    bell = np.exp(-0.5 * ((t - 100) / 6) ** 2)
    mixed = mix([Part(ir(bell), delay_ms=1000 * 10.3 / RATE)])
    assert error_db(mixed.ir.taps[0, :400], np.exp(-0.5 * ((t - 110.3) / 6) ** 2)) < -110


def test_what_would_begin_before_the_beginning_moves_all_parts_back_by_whole_samples():
    a, b = coloured(1), coloured(2)
    mixed = mix([Part(ir(a)), Part(ir(b), delay_ms=-0.5)])  # 24 samples
    back = mixed.parts[0].shift_samples
    assert back == int(back)
    assert 20 <= back <= 24
    assert mixed.parts[1].shift_samples == back - 24
    late = ir(np.concatenate([np.zeros(100), b]))
    assert [p.shift_samples for p in mix([Part(ir(a)), Part(late, delay_ms=-0.5)]).parts] == [0, -24]  # silence may go


def test_pan_keeps_the_power_and_the_centre():
    a = coloured(1)
    power = 2 * np.sum(a**2)  # a mono cabinet comes out of both speakers
    for pan in (-1.0, -0.4, 0.001, 0.7, 1.0):
        taps = mix([Part(ir(a), pan=pan)]).ir.taps.astype(float)
        assert taps.shape[0] == 2
        assert 10 * np.log10(np.sum(taps**2) / power) == pytest.approx(0, abs=0.001)
        assert (np.sum(taps[1] ** 2) > np.sum(taps[0] ** 2)) == (pan > 0)
    hard_left = mix([Part(ir(a), pan=-1.0)]).ir.taps
    assert np.abs(hard_left[1]).max() < 1e-7
    assert mix([Part(ir(a)), Part(ir(coloured(2)))]).ir.channels == 1


def test_mono_and_stereo_make_stereo_with_the_mono_one_on_both_sides():
    a, left, right = coloured(1), coloured(2), coloured(3)
    taps = mix([Part(ir(a)), Part(ir(np.stack([left, right])))]).ir.taps
    assert error_db(taps[0], a + left) < -130
    assert error_db(taps[1], a + right) < -130


# ---------------------------------------------------------------- alignment
@pytest.mark.parametrize("delay", [12.0, 37.4, 113.25])
@pytest.mark.parametrize("polarity", [1, -1])
def test_alignment_takes_lag_and_polarity_out(delay, polarity):
    a = coloured(1)
    mixed = mix([Part(ir(a)), Part(ir(polarity * 0.7 * later(a, delay)))], align=True)
    lag = mixed.parts[1].lag
    assert (lag.samples, lag.polarity) == (pytest.approx(delay, abs=0.01), polarity)
    back = mixed.parts[0].shift_samples  # at most one sample: what part of a sample rings before the beginning
    assert back in (0, 1)
    assert mixed.parts[1].shift_samples == pytest.approx(back - delay, abs=0.01)
    # 0.01 sample at 10 kHz are -38 dB there; a cabinet's energy lies well below.
    assert error_db(mixed.ir.taps[0, int(back) :][:2000], 1.7 * a[:2000]) < -50


def test_delay_and_polarity_asked_for_come_after_the_alignment():
    a = coloured(1)
    parts = [Part(ir(a)), Part(ir(-later(a, 30)), inverted=True, delay_ms=1.0, gain_db=-6)]
    mixed = mix(parts, align=True)
    assert mixed.parts[1].shift_samples == pytest.approx(48 - 30, abs=0.01)
    assert mixed.parts[1].gain == pytest.approx(10 ** (-6 / 20))  # turned over twice
    assert "measured +30.00 samples, opposite polarity" in str(mixed.parts[1])


def test_an_earlier_one_is_moved_later():
    a = coloured(1)
    mixed = mix([Part(ir(later(a, 60))), Part(ir(a))], align=True)
    assert [p.shift_samples for p in mixed.parts] == [0, pytest.approx(60, abs=0.01)]


@pytest.mark.parametrize(
    ("share", "verdict", "moved"),
    [(1.0, "good", True), (0.55, "weak", True), (0.23, "none", False), (0.0, "none", False)],
)
def test_what_agrees_is_aligned_and_how_well_is_said(share, verdict, moved):
    # Long enough for chance to agree by a few hundredths only, so it is the share they have in common.
    rng = np.random.default_rng(3)
    common, own = (ringing(rng) for _ in range(2))
    other = share * later(common, 40) + np.sqrt(1 - share**2) * later(own, 40)
    part = mix([Part(ir(common)), Part(ir(other, "far.wav"))], align=True).parts[1]
    assert part.lag.confidence == pytest.approx(share, abs=0.15)
    assert f"agreement {verdict} ({part.lag.confidence:.2f})" in str(part)
    assert (part.shift_samples != 0) == moved
    assert ("left as it is" in str(part)) != moved
    if not moved:
        assert part.gain > 0  # nor is it turned over


def ringing(rng):
    """A response of 0.2 s with the band of a guitar, of energy 1."""
    x = np.fft.rfft(rng.standard_normal(9600))
    hz = np.fft.rfftfreq(9600, 1 / RATE)
    y = np.fft.irfft(x * ((hz > 100) & (hz < 5000)))
    return y / np.sqrt(np.sum(y**2))


def test_what_has_nothing_in_common_is_not_moved():
    rng = np.random.default_rng(1)
    a, b = (ir(rng.standard_normal(20000)) for _ in range(2))
    mixed = mix([Part(a), Part(b)], align=True)
    assert mixed.parts[1].shift_samples == 0
    assert "too little in common to align" in str(mixed.parts[1])


# ---------------------------------------------------------------- what is refused
def test_mixes_that_cannot_be_are_explained():
    a = ir(coloured(1), "a.wav")
    with pytest.raises(IRError, match=r"^A mix takes 1 to 4 impulse responses, not 5"):
        mix([Part(a)] * 5)
    with pytest.raises(IRError, match=r"^A mix takes 1 to 4 impulse responses, not 0"):
        mix([])
    with pytest.raises(IRError, match=r"^b\.wav: at 44100 Hz, a\.wav at 48000 Hz"):
        mix([Part(a), Part(ir(coloured(2), "b.wav", 44100))])
    with pytest.raises(IRError, match=r"^a\.wav \+ a\.wav: they cancel each other out"):
        mix([Part(a), Part(a, inverted=True)])
    for settings, sentence in (
        ({"gain_db": 61.0}, r"^a\.wav: a gain of 61 dB"),
        ({"gain_db": float("nan")}, r"^a\.wav: a gain of nan dB"),
        ({"delay_ms": 2000.0}, r"^a\.wav: a delay of 2000 ms"),
        ({"pan": 1.5}, r"^a\.wav: a pan of 1\.5; it goes from -1"),
    ):
        with pytest.raises(IRError, match=sentence):
            Part(a, **settings)


def test_two_gain_conventions_are_not_mixed(tmp_path):
    sf.write(tmp_path / "a.wav", coloured(1), RATE)
    with pytest.raises(IRError, match=r"^a\.wav: loaded with another gain convention"):
        mix([Part(IR.load(tmp_path / "a.wav")), Part(IR.load(tmp_path / "a.wav", convention="unity"))])


# ---------------------------------------------------------------- export
def played(response, x):
    bench = Bench()
    bench.engine.play({0: Lane(RATE)}, Cabinet(response))
    bench.settle()
    return bench.stereo(x).astype(float)


def test_a_mix_written_as_float_and_loaded_alone_plays_as_the_live_mix(tmp_path):
    for i, rate in enumerate((48000, 44100, 96000)):
        sf.write(tmp_path / f"{i}.wav", coloured(i, 3000, rate, delay=40 * i), rate, subtype="FLOAT")
    irs = [IR.load(tmp_path / f"{i}.wav", RATE) for i in range(3)]
    parts = [Part(irs[0], pan=-0.3), Part(irs[1], -4.0, True, 0.37), Part(irs[2], 2.0, pan=1.0)]
    live = Shaping(low_cut_hz=90, high_cut_hz=7000, trim_ms=50).apply(mix(parts, align=True).ir)
    done = export(live, tmp_path / "mix.wav", bits="float")
    assert (done.samples, done.channels, done.gain_db) == (2400, 2, 0)
    x = noise(RATE)
    difference = played(live, x) - played(IR.load(tmp_path / "mix.wav", RATE), x)
    assert error_db(difference + played(live, x), played(live, x)) < -110  # -100 dB is what has to hold


@pytest.mark.parametrize("convention", ["nam", "unity"])
@pytest.mark.parametrize("rate", [44100, 96000])
def test_an_export_at_another_rate_plays_the_same(tmp_path, convention, rate):
    sf.write(tmp_path / "a.wav", coloured(1, delay=30), RATE, subtype="FLOAT")
    live = IR.load(tmp_path / "a.wav", RATE, convention)
    export(live, tmp_path / "b.wav", sample_rate=rate, bits="float")
    again = IR.load(tmp_path / "b.wav", RATE, convention)
    for hz in (60, 200, 1000, 4000, 10000):
        assert gain_db(again.taps[0], hz) == pytest.approx(gain_db(live.taps[0], hz), abs=0.02)


def test_an_export_has_exactly_the_length_asked_for(tmp_path):
    a = ir(coloured(1, 1500))
    for samples in (1024, 2048):
        done = export(a, tmp_path / f"{samples}.wav", samples=samples)
        written, rate = sf.read(tmp_path / f"{samples}.wav")
        assert (written.size, rate, done.samples) == (samples, RATE, samples)
        assert sf.info(tmp_path / f"{samples}.wav").subtype == "PCM_24"
        assert written[-1] == 0
        np.testing.assert_allclose(written[:768], a.taps[0, :768], atol=2**-23)


def test_whole_numbers_are_lowered_only_where_they_would_clip_and_float_never(tmp_path):
    loud, soft = ir(2 * coloured(1)), ir(0.3 * coloured(1))
    assert export(loud, tmp_path / "a.wav").peak_dbfs == pytest.approx(-1)
    assert np.abs(sf.read(tmp_path / "a.wav")[0]).max() == pytest.approx(10 ** (-1 / 20), abs=1e-6)
    assert export(loud, tmp_path / "b.wav", bits="float").gain_db == 0
    assert export(soft, tmp_path / "c.wav").gain_db == 0
    done = export(soft, tmp_path / "d.wav", normalize=True)
    assert (done.peak_dbfs, done.gain_db) == (pytest.approx(-1), pytest.approx(-1 - 20 * np.log10(0.27), abs=1e-4))


def test_a_stereo_response_is_written_as_mono_if_asked(tmp_path):
    a, b = 0.5 * coloured(1), 0.5 * coloured(2)
    export(ir(np.stack([a, b])), tmp_path / "a.wav", mono=True, bits="float")
    assert error_db(sf.read(tmp_path / "a.wav")[0], (a + b) / 2) < -130


def test_an_export_replaces_nothing_unasked_and_refuses_what_makes_no_sense(tmp_path):
    a, path = ir(coloured(1)), tmp_path / "a.wav"
    path.write_text("precious")
    with pytest.raises(AudioError, match=r"^a\.wav: the file exists already"):
        export(a, path)
    with pytest.raises(IRError, match=r"^A length of 1 samples cannot be exported"):
        export(a, path, samples=1, overwrite=True)
    with pytest.raises(IRError, match=r"^v30\.wav: the first 50 samples are silent"):
        export(ir(np.concatenate([np.zeros(100), coloured(1)])), path, samples=50, overwrite=True)
    assert path.read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]


def test_a_response_knows_what_it_would_be_in_a_file(tmp_path):
    x = coloured(1)
    sf.write(tmp_path / "a.wav", x, 44100, subtype="FLOAT")
    assert error_db(IR.load(tmp_path / "a.wav", 44100).as_in_file()[0], x) < -120
    soft = np.concatenate([np.zeros(200), x])  # nothing of it falls before the beginning
    sf.write(tmp_path / "b.wav", soft, 44100, subtype="FLOAT")
    at_48 = IR.load(tmp_path / "b.wav", 48000).as_in_file()[0]
    assert error_db(at_48, resample(soft, 44100, 48000)) < -120  # the values of the samples are kept
