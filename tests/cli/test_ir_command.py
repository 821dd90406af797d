"""`rig ir`: what impulse responses are, how they differ, one made of several; and what bad input gets."""

import json
import re

import numpy as np
import pytest
import soundfile as sf
from commandline import forked, refused
from judge import error_db
from responses import RATE, coloured, gain_db

from rig.audio.align import shifted
from rig.cabinet.analysis import describe, difference, load_as_it_is
from rig.cabinet.ir import IR
from rig.cabinet.response import frequencies, level_db, response_db
from rig.cli import main
from rig.errors import IRError


def save(folder, x, name="a.wav", rate=RATE, subtype="FLOAT"):
    sf.write(folder / name, x, rate, subtype=subtype)
    return str(folder / name)


def described(taps, rate=RATE):
    return describe(IR.from_taps(taps, rate, "a.wav"))


# ---------------------------------------------------------------- frequency response
def test_a_smoothed_response_agrees_with_the_definition_where_it_is_smooth():
    taps, hz = coloured(1), np.array([100.0, 440.0, 1000.0, 3000.0])
    found = response_db(taps[None], RATE, hz, smoothing=48)[0]
    np.testing.assert_allclose(found, [gain_db(taps, f) for f in hz], atol=0.1)


def test_smoothing_averages_power():
    comb = np.zeros(4801)
    comb[[0, 4800]] = 1.0  # power 0 or 4, turn by turn every 10 Hz
    np.testing.assert_allclose(response_db(comb[None], RATE, np.array([1000.0, 5000.0]), 3), 10 * np.log10(2), atol=0.1)


def test_levels_are_those_of_a_player_that_keeps_sample_values():
    hz = frequencies()
    click = np.ones((1, 1))
    np.testing.assert_allclose(response_db(click, 48000, hz), 0, atol=1e-6)
    np.testing.assert_allclose(response_db(click, 96000, hz), 20 * np.log10(0.5), atol=1e-6)
    assert level_db(response_db(click, 48000, hz), hz) == pytest.approx(0, abs=1e-6)
    at_20 = response_db(np.ones((1, 1)), 32000, np.array([15000.0, 20000.0]))[0]
    assert np.isnan(at_20[1])  # a file of 32 kHz holds nothing there
    assert np.isfinite(at_20[0])


# ---------------------------------------------------------------- figures
def test_a_description_tells_what_was_put_in():
    taps = np.zeros(4800)
    taps[96], taps[120], taps[1000] = 0.1, -0.5, 0.01
    d = described(taps)
    assert (d.samples, d.duration_ms, d.channels, d.sample_rate) == (4800, 100, 1, RATE)
    assert (d.arrival_samples, d.arrival_ms, d.peak_samples, d.peak_ms) == (96, 2.0, 120, 2.5)
    assert d.peak_dbfs == pytest.approx(20 * np.log10(0.5))
    assert d.energy_db == pytest.approx(10 * np.log10(0.25 + 0.01 + 0.0001))
    assert d.decay_60_ms == pytest.approx(1000 * 880 / RATE)
    assert (d.tail_db, d.warnings) == (None, ())


def test_the_loudest_frequency_is_found():
    t = np.arange(4800) / RATE
    d = described(np.sin(2 * np.pi * 2500 * t) * np.exp(-t / 0.005))
    assert d.loudest_hz == pytest.approx(2500, rel=0.02)
    assert d.loudest_db == pytest.approx(max(x for x in d.response_db if x is not None), abs=0.5)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda x: np.clip(3 * x, -1, 1), r"a\.wav: clipped; \d+ samples stand at the peak"),
        (lambda x: x + 0.01, r"a\.wav: a constant \(DC\) -39 dB re the peak"),
        (lambda x: coloured(1)[:300], r"a\.wav: cut off while it still rings, -\d+ dB re its peak"),
        (lambda x: np.stack([x, 0 * x]), r"a\.wav: the right channel is silent"),
    ],
    ids=["clipped", "DC", "cut off", "silent side"],
)
def test_what_looks_wrong_is_said(change, sentence):
    clean = coloured(1) * np.exp(-np.arange(2048) / 150)
    assert described(clean).warnings == ()
    (warning,) = described(change(clean)).warnings
    assert re.match(sentence, warning), warning


def test_a_difference_tells_level_tone_lag_and_polarity():
    a = coloured(1)
    b = -0.5 * shifted(np.concatenate([a, np.zeros(100)]), 31.5)
    d = difference(IR.from_taps(a, RATE, "a.wav"), IR.from_taps(b, RATE, "b.wav"))
    assert (d.first, d.second, d.polarity) == ("a.wav", "b.wav", -1)
    assert d.level_db == pytest.approx(20 * np.log10(0.5), abs=0.02)
    assert d.tone_db < 0.02
    assert d.lag_samples == pytest.approx(31.5, abs=0.02)
    other = difference(IR.from_taps(a, RATE), IR.from_taps(coloured(2), RATE))
    assert other.tone_db > 1
    assert abs(other.largest_db) >= other.tone_db


# ---------------------------------------------------------------- the command
def test_files_are_described_compared_and_drawn(tmp_path, capsys):
    a, b = save(tmp_path, coloured(1)), save(tmp_path, coloured(2, rate=44100), "b.wav", 44100, "PCM_24")
    png = tmp_path / "both.png"
    assert main(["ir", a, b, "--png", str(png)]) == 0
    text = capsys.readouterr().out
    for part in ("2048 samples, 42.7 ms, mono at 48000 Hz, WAV FLOAT", "WAV PCM_24", "b.wav against a.wav: "):
        assert part in text
    assert png.read_bytes()[:4] == b"\x89PNG"
    assert main(["ir", a, b, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [f["sample_rate"] for f in report["files"]] == [48000, 44100]
    assert report["files"][1]["subtype"] == "PCM_24"
    assert report["differences"][0]["second"] == "b.wav"
    assert main(["ir", a, "--png", str(png)]) == 2
    assert "both.png: the file exists already" in capsys.readouterr().err


LEAD = """
model = "crunch.nam"

[tone]
bass_db = 6.0

[[eq]]
type = "peak"
hz = 800.0
gain_db = -4.0
q = 4.0
before = true
"""


def test_the_tone_of_a_preset_is_told_and_drawn_beside_cabinets_and_alone(tmp_path, capsys):
    (tmp_path / "crunch.nam").write_text("{}")
    (tmp_path / "lead.toml").write_text(LEAD)
    (tmp_path / "plain.toml").write_text('model = "crunch.nam"')
    lead, png = ["--preset", str(tmp_path / "lead.toml")], tmp_path / "lead.png"
    assert main(["ir", *lead, "--png", str(png)]) == 0
    text = capsys.readouterr().out
    assert re.search(r"^lead, in front of the model: -[34]\.\d dB at 8\d\d Hz$", text, re.M)
    assert re.search(r"^lead, behind the model: \+6\.0 dB at 20 Hz$", text, re.M)
    alone = png.read_bytes()
    cabinet = save(tmp_path, coloured(1, rate=44100), rate=44100)
    assert main(["ir", cabinet, *lead, "--png", str(png), "--overwrite"]) == 0
    assert "lead, behind the model: +6.0 dB at 20 Hz\n" in capsys.readouterr().out
    assert png.read_bytes() != alone
    assert main(["ir", *lead, "--json"]) == 0
    front, behind = json.loads(capsys.readouterr().out)["tones"]
    # By the cookbook: a shelf of 6 dB has half of them at its frequency, a peak all of them in its middle.
    assert np.interp(120.0, behind["hz"], behind["level_db"]) == pytest.approx(3.0, abs=0.05)
    assert np.interp(800.0, front["hz"], front["level_db"]) == pytest.approx(-4.0, abs=0.2)
    assert main(["ir", cabinet, "--preset", str(tmp_path / "plain.toml")]) == 0
    assert capsys.readouterr().err == "plain.toml: its tone controls and its equalizer change nothing\n"


def test_what_cannot_be_done_with_the_tone_of_a_preset_is_said(tmp_path, capsys):
    (tmp_path / "crunch.nam").write_text("{}")
    (tmp_path / "lead.toml").write_text(LEAD)
    lead = ["--preset", str(tmp_path / "lead.toml")]
    assert main(["ir"]) == 2
    assert "Name an impulse response, a folder of them, or a preset" in capsys.readouterr().err
    assert main(["ir", *lead, "--export", str(tmp_path / "x.wav")]) == 2
    assert "is not mixed, shaped or exported" in capsys.readouterr().err
    assert main(["ir", "--preset", str(tmp_path / "none.toml")]) == 2
    assert "none.toml" in capsys.readouterr().err


def test_a_mix_is_shown_and_exported_as_it_was_asked_for(tmp_path, capsys):
    a = coloured(1)
    first, second = save(tmp_path, a), save(tmp_path, -0.5 * np.concatenate([np.zeros(40), a]), "b.wav")
    out = tmp_path / "mix.wav"
    options = ["--gain-db", "-6", "-3.5", "--align", "--bits", "float", "--export", str(out)]
    assert main(["ir", first, second, *options]) == 0
    text = capsys.readouterr().out
    assert "b.wav: -3.5 dB, -, centre, moved by -40.00 samples" in text
    assert "mix.wav: 2048 samples, 42.7 ms, mono at 48000 Hz, FLOAT" in text
    # Values of the files, without the gain of the player's convention.
    want = a * (10 ** (-6 / 20) + 0.5 * 10 ** (-3.5 / 20))
    assert error_db(sf.read(out)[0], want) < -100
    assert main(["ir", first, second, *options]) == 2
    assert "mix.wav: the file exists already" in capsys.readouterr().err
    shape = ["--low-cut-hz", "80", "--minimum-phase", "--samples", "1024", "--rate", "44100", "--mono", "--normalize"]
    assert main(["ir", first, second, *options, *shape, "--pan", "-1", "0.5", "--overwrite", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["exported"]["samples"], report["exported"]["sample_rate"]) == (1024, 44100)
    assert report["exported"]["peak_dbfs"] == pytest.approx(-1)
    assert (report["shaping"]["low_cut_hz"], report["mix"]["channels"]) == (80, 2)
    assert sf.info(out).frames == 1024


def test_a_single_file_is_shaped(tmp_path, capsys):
    a = save(tmp_path, np.concatenate([np.zeros(500), coloured(1)]))
    assert main(["ir", a, "--trim-start", "--trim-ms", "20", "--png", str(tmp_path / "a.svg")]) == 0
    text = capsys.readouterr().out
    assert "shaped\na.wav\n  length    960 samples, 20.0 ms" in text
    assert (tmp_path / "a.svg").read_text().startswith("<svg")


def test_a_folder_is_a_table_and_a_bad_file_does_not_stop_it(tmp_path, capsys):
    (tmp_path / "more").mkdir()
    for i in range(5):
        save(tmp_path / "more", coloured(i), f"{i}.wav")
    (tmp_path / "broken.wav").write_text("not audio")
    (tmp_path / "notes.txt").write_text("not looked at")
    assert main(["ir", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 6
    assert printed.err.startswith("rig: broken.wav: not an audio file")
    assert printed.err.count("\n") == 1


# ---------------------------------------------------------------- what bad input gets
@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        (np.zeros(1000), r"^a\.wav: silent"),
        (np.full(1000, 0.25), r"^a\.wav: every sample has the same value \(DC\)"),
        (np.array([0.5, np.nan]), r"^a\.wav: sample 1 is not a number"),
        (np.zeros(0), r"^a\.wav: an audio file without a single sample"),
        (np.ones((100, 8)), r"^a\.wav: 8 channels; rig plays mono and stereo"),
    ],
    ids=["silent", "DC", "NaN", "0 samples", "8 channels"],
)
def test_files_that_are_no_impulse_responses_get_a_sentence(tmp_path, x, sentence):
    save(tmp_path, x)
    with pytest.raises(IRError, match=sentence):
        load_as_it_is(tmp_path / "a.wav")


def test_a_few_equal_samples_are_a_filter_and_no_constant(tmp_path):
    save(tmp_path, np.ones(4))
    assert load_as_it_is(tmp_path / "a.wav")[0].taps.shape == (1, 4)


def test_truncated_missing_and_empty_get_a_sentence(tmp_path, capsys):
    whole = save(tmp_path, coloured(1))
    (tmp_path / "cut.wav").write_bytes((tmp_path / "a.wav").read_bytes()[:3000])
    (tmp_path / "empty").mkdir()
    for name, sentence in (
        ("cut.wav", "rig: cut.wav: cut off"),
        ("no.wav", "rig: no.wav: no such file"),
        ("empty", "this folder holds no audio file"),
    ):
        assert main(["ir", str(tmp_path / name), whole]) == 2
        printed = capsys.readouterr()
        assert sentence in printed.err
        assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--gain-db", "0"], "--gain-db has 1 values for 2 files"),
        (["--invert", "3"], "--invert takes numbers of files, 1 to 2"),
        (["--pan", "0", "2"], "b.wav: a pan of 2"),
        (["--samples", "2048"], "--samples is for a file that is written"),
        (["--low-cut-hz", "-5"], "A low cut at -5 Hz is out of range"),
        (["--smoothing", "0"], "A smoothing over 1/0 octave"),
        (["--rate", "5", "--export", "x.wav"], "A sample rate of 5 Hz cannot be converted"),
        (["--export", "x.mp3"], "x.mp3: unknown ending .mp3"),
        (["--png", "x.jpg"], "x.jpg: a figure is written as .png or .svg"),
    ],
)
def test_options_that_make_no_sense_get_a_sentence(tmp_path, monkeypatch, capsys, options, sentence):
    files = [save(tmp_path, coloured(i), name) for i, name in enumerate(("a.wav", "b.wav"))]
    monkeypatch.chdir(tmp_path)
    assert main(["ir", *files, *options]) == 2
    assert sentence in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.wav", "b.wav"]


def test_a_file_is_never_written_over_itself(tmp_path, capsys):
    a = save(tmp_path, coloured(1))
    before = (tmp_path / "a.wav").read_bytes()
    assert main(["ir", a, "--low-cut-hz", "80", "--export", a, "--overwrite"]) == 2
    assert "one of the files to be read" in capsys.readouterr().err
    assert (tmp_path / "a.wav").read_bytes() == before


def test_the_command_itself_ends_with_a_sentence():
    refused(forked("ir", "no such.wav"), r"no such\.wav: no such file")
