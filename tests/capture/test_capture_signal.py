"""Training signals: ours is deterministic and laid out as the trainer wants it; the official one has a hash."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile as sf
import takes
from commandline import forked, refused
from scipy.signal import lfilter

from rig.audio import wav
from rig.capture.checks.latency import trainer_latency
from rig.capture.checks.trainer_checks import PRE_SILENCE, trainer_checks
from rig.capture.signal import training_signal as signals
from rig.capture.signal.plucked import SHORT_LOOP, _rung
from rig.capture.signal.training_signal import as_24_bit, load_signal, own_signal, write_signal
from rig.errors import AudioError, CaptureError
from rig.trainer.layout import BACKGROUND, BLIPS, END_SILENCE, PROGRAMME, RATE, VALIDATION


def test_the_layout_is_the_trainers():
    signal = takes.signal()
    x = signal.samples
    assert len(x) == 35 * 48000
    assert np.array_equal(x[:432000], x[-432000:])
    assert not x[432000:480000].any()
    assert np.flatnonzero(x[480000:576000]).tolist() == [504000 - 480000, 552000 - 480000]
    assert not x[slice(*BACKGROUND)].any()
    assert x[list(BLIPS)] == pytest.approx(0.9, abs=1e-6)
    assert not x[-432000 - 24000 : -432000].any()
    assert END_SILENCE > PRE_SILENCE
    assert np.abs(x).max() < 1.0
    assert not signal.trainer_knows


def test_every_part_is_as_loud_as_the_recipe_says():
    x = takes.signal().samples
    quarters = np.split(x[:VALIDATION], 4)
    peaks = [20 * np.log10(np.abs(part).max()) for part in quarters]
    assert peaks == pytest.approx([0, -6, -12, -24], abs=0.01)
    for start, end in ((12, 14.9), (15, 16), (16, 17)):
        part = x[round(start * RATE) : round(end * RATE)]
        assert 20 * np.log10(np.abs(part).max()) == pytest.approx(-0.5, abs=0.01)


def test_the_same_seed_gives_the_same_samples_and_another_seed_others():
    again = own_signal(35)
    assert again.sha256 == takes.signal().sha256
    assert own_signal(35, seed=2).sha256 != again.sha256
    # What another machine may round differently in the last bit it does not change by a hundredth of a dB.
    seconds = again.samples.reshape(35, RATE)
    levels = 10 * np.log10(np.mean(seconds**2, axis=1) + 1e-20)
    assert levels[[0, 3, 12, 15, 16, 20, 24]] == pytest.approx(FINGERPRINT, abs=0.01)


FINGERPRINT = [-15.802, -33.196, -3.511, -5.358, -11.444, -10.626, -42.871]  # dB, of these seconds


@pytest.mark.parametrize("n", [100, 585, 586, 5000])
@pytest.mark.parametrize("whole", [72, SHORT_LOOP, 584])
def test_a_string_that_is_made_period_by_period_is_what_its_filter_makes_in_one_go(n, whole):
    pick = np.random.default_rng(whole).standard_normal(min(n, whole + 1))
    denominator = np.zeros(whole + 3)
    denominator[:2] = 1, 0.3
    denominator[whole:] -= 0.99 * np.convolve([0.6, 0.4], [0.3, 1])
    in_one_go = lfilter([1, 0.3], denominator, np.concatenate([pick, np.zeros(n - len(pick))]))
    assert _rung(pick, n, 0.3, denominator) == pytest.approx(in_one_go, rel=0, abs=1e-12)


def test_the_samples_are_on_24_bit_steps_and_survive_the_file(tmp_path):
    x = takes.signal().samples
    assert np.array_equal(x * 2**23, np.round(x * 2**23))
    write_signal(tmp_path / "s.wav", takes.signal())
    assert np.array_equal(wav.read(tmp_path / "s.wav").samples[:, 0], x)
    header = (tmp_path / "s.wav").read_bytes()[:44]
    assert header[:4] == b"RIFF" and header[20:22] == b"\x01\x00"  # plain PCM, as old loaders want it
    loaded = load_signal(tmp_path / "s.wav")
    assert (loaded.kind, loaded.seed, loaded.sha256) == ("rig", 1, takes.signal().sha256)


def test_the_length_is_from_35_seconds_on():
    with pytest.raises(CaptureError, match="lasts 35 to 3600 seconds"):
        own_signal(20)


def test_the_official_file_is_known_by_its_hash_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "input.wav"
    write_signal(path, takes.signal())
    md5 = signals._md5_of_file(path)
    monkeypatch.setattr(signals, "OFFICIAL_MD5", md5)
    assert load_signal(path).kind == "t3k-v3"
    assert load_signal(path).trainer_knows
    monkeypatch.setattr(signals, "OFFICIAL_MD5", "")
    monkeypatch.setattr(signals, "OLD_MD5", {md5: "version 2.0.0"})
    with pytest.raises(CaptureError, match=r"input\.wav: the official signal of version 2\.0\.0"):
        load_signal(path)


def test_a_signal_with_the_official_ends_and_another_programme_is_a_hybrid(tmp_path, monkeypatch):
    import hashlib

    x = takes.signal().samples
    ends = tuple(hashlib.md5(part.tobytes()).hexdigest() for part in (x[:PROGRAMME], x[-VALIDATION:]))
    monkeypatch.setattr(signals, "HYBRID_MD5", ends)
    other = x.copy()
    other[PROGRAMME : PROGRAMME + RATE] *= 0.5
    sf.write(tmp_path / "h.wav", as_24_bit(other), RATE, subtype="PCM_24")
    assert load_signal(tmp_path / "h.wav").kind == "hybrid"


def test_a_signal_of_the_same_layout_is_taken_as_the_players_own(tmp_path):
    other = takes.signal().samples.copy()
    other[PROGRAMME : PROGRAMME + RATE] *= 0.5
    sf.write(tmp_path / "mine.wav", as_24_bit(other), RATE, subtype="PCM_24")
    assert load_signal(tmp_path / "mine.wav").kind == "custom"


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        (lambda x: np.concatenate([x[:-1000], 0.5 * x[-1000:]]), "first and last 9 s are not the same"),
        (lambda x: np.where(np.arange(len(x)) == 450000, 0.1, x), "no silence from 9 to 10 s"),
        (lambda x: np.where(np.arange(len(x)) == 504000, 0.0, x), "two single samples .* are missing"),
        (lambda x: np.where(np.arange(len(x)) == len(x) - VALIDATION - 9, 0.1, x), "no silence of 0.5 s"),
    ],
)
def test_an_altered_signal_is_refused_with_what_is_wrong(tmp_path, change, pattern):
    sf.write(tmp_path / "a.wav", as_24_bit(change(takes.signal().samples)), RATE, subtype="PCM_24")
    with pytest.raises(CaptureError, match=rf"a\.wav: not a training signal.*{pattern}"):
        load_signal(tmp_path / "a.wav")


def test_a_signal_of_the_wrong_kind_of_file_is_refused(tmp_path):
    x = takes.signal().samples
    sf.write(tmp_path / "rate.wav", x, 44100, subtype="PCM_24")
    sf.write(tmp_path / "stereo.wav", np.stack([x, x], 1), RATE, subtype="PCM_24")
    sf.write(tmp_path / "depth.wav", x, RATE, subtype="PCM_16")
    sf.write(tmp_path / "short.wav", x[: 20 * RATE], RATE, subtype="PCM_24")
    for name, pattern in (
        ("rate", "44100 Hz"),
        ("stereo", "2 channels"),
        ("depth", "PCM_16"),
        ("short", r"20\.0 s long"),
    ):
        with pytest.raises(CaptureError, match=rf"{name}\.wav: .*{pattern}"):
            load_signal(tmp_path / f"{name}.wav")
    with pytest.raises(AudioError, match="no such file"):
        load_signal(tmp_path / "none.wav")


def test_the_trainers_checks_pass_on_a_take_and_name_what_is_wrong():
    x, y = takes.signal().samples, takes.on_24_bit(takes.wet())
    assert all(check.passed for check in trainer_checks(x, y)), [str(c) for c in trainer_checks(x, y)]

    def failing(dry, wet, **found):
        return [check.name for check in trainer_checks(dry, wet, **found) if not check.passed]

    assert failing(x, y[:-1]) == ["length"]
    assert failing(x, np.concatenate([y, np.zeros(RATE)])) == []
    assert failing(x, np.concatenate([y, np.zeros(RATE + 1)])) == ["length"]
    assert failing(x, y, rates=(48000, 44100)) == ["sample rate"]
    assert failing(x, y, channels=(1, 2)) == ["mono"]
    assert "clipping" in failing(x, np.where(np.arange(len(y)) == 20 * RATE, -1.0, y))
    assert failing(x, takes.on_24_bit(y * np.linspace(1, 1.3, len(y)))) == ["replicate"]
    noisy = y.copy()
    noisy[500000:503500] += 0.3
    assert failing(x, noisy) == ["latency"]
    assert failing(x, 1e-5 * y) == ["latency"]
    assert failing(np.where(np.arange(len(x)) == 470000, 0.1, x), y) == ["pre-silence"]


@pytest.mark.parametrize(("delay", "expected"), [(0, -1), (312, 311), (9000, 8999), (-400, -401)])
def test_the_trainers_latency_of_a_bare_wire(delay, expected):
    x = takes.signal().samples
    assert trainer_latency(np.roll(x, delay)).samples == expected


def test_the_trainers_latency_can_be_missing_or_at_the_edge():
    x = takes.signal().samples
    assert trainer_latency(np.roll(x, 10500)).samples is None
    early = x.copy()
    early[[b - 1000 for b in BLIPS]] = 0.5
    found = trainer_latency(early)
    assert found.at_lookahead and found.samples == -1001


def test_rig_signal_writes_the_file_and_never_replaces_one_unasked(tmp_path):
    done = forked("signal", "s.wav", "--length-s", 35, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["kind"], report["n"], report["sha256"]) == ("rig", 35 * RATE, takes.signal().sha256)
    refused(forked("signal", "s.wav", "--length-s", 35, cwd=tmp_path), r"s\.wav: the file exists already")
    refused(forked("signal", "s.flac", cwd=tmp_path), r"s\.flac: a training signal is a \.wav file")
