"""`rig render`: a file through the same chain that plays live."""

from __future__ import annotations

import json

import model_files
import numpy as np
import pytest
from commandline import forked, refused
from rigs import A2, NANO, RATE, Bench, db, dc_blocked, guitar, noise

from rig.audio import wav
from rig.cabinet.ir import IR
from rig.errors import RigError
from rig.files import bundled
from rig.levels import Level
from rig.nam import Model
from rig.nam.loudness import measure_loudness_db
from rig.rendering import render
from rig.sound import Sound


@pytest.fixture
def di(tmp_path):
    path = tmp_path / "di.wav"
    wav.write(path, guitar(RATE), RATE, "FLOAT")
    return path


def after_silence(model, x, gain_db=0.0):
    """What a lane gives for x after long silence, in float64 from the raw network output."""
    gained = (x * np.float32(10 ** (gain_db / 20))).astype(np.float32)
    y = model.render(np.concatenate([np.zeros(RATE, np.float32), gained]))
    return dc_blocked(y - y[0])[RATE:]


def test_a_render_is_calibration_model_level_and_cabinet_from_the_state_after_silence(tmp_path, di):
    ir = IR.load(bundled.irs()[0])
    sound = Sound(Model.load(A2), ir, Level(12.2, "Apollo 8x, article"), 5.0)
    done = render(sound, di, tmp_path / "out.wav")
    y = wav.read(tmp_path / "out.wav").samples[:, 0]
    assert sound.input_gain_db == pytest.approx(12.2 - 12.0 - 5.0)
    want = after_silence(Model.load(A2), guitar(RATE), -4.8) * 10 ** (sound.output.gain_db / 20)
    want = np.convolve(want, ir.taps[0].astype(float))[:RATE]
    assert db(y - want) < -120
    assert (done.samples, len(y)) == (RATE, RATE)
    assert done.output_peak_dbfs == pytest.approx(db(y), abs=0.01)


def test_the_command_writes_what_the_library_writes_and_as_many_samples_as_it_reads(tmp_path, di):
    args = ["--ir", bundled.irs()[1], "--interface", "apollo-8x", "--preamp-gain-db", 5]
    done = forked("render", A2, di, tmp_path / "out.wav", *args)
    assert done.returncode == 0, done.stderr
    assert "12.2 dBu (Apollo 8x, article) - 12.0 dBu (model) - 5.0 dB (gain knob) = -4.8 dB" in done.stdout
    render(Sound(Model.load(A2), IR.load(bundled.irs()[1]), Level(12.2, ""), 5.0), di, tmp_path / "lib.wav")
    y, z = wav.read(tmp_path / "out.wav"), wav.read(tmp_path / "lib.wav")
    np.testing.assert_array_equal(y.samples, z.samples)
    assert (len(y.samples), y.sample_rate, y.subtype) == (RATE, RATE, "FLOAT")


def test_a_model_whose_file_says_nothing_is_measured_and_rendered_as_loud_as_any_other(tmp_path, di):
    path = model_files.write(tmp_path / "m.nam", model_files.wavenet([4, 2], seed=4, dilations=(1, 2, 4)))
    done = forked("render", path, di, tmp_path / "out.wav", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    loudness_db = measure_loudness_db(Model.load(path))
    assert report["loudness_db"] == pytest.approx(loudness_db, abs=1e-6)
    assert report["loudness_basis"] == "measured by rig"
    assert report["output_gain_db"] == pytest.approx(-18 - loudness_db, abs=1e-6)
    assert "(model loudness, measured by rig)" in report["level"]
    y = wav.read(tmp_path / "out.wav").samples[:, 0]
    want = after_silence(Model.load(path), guitar(RATE)) * 10 ** ((-18 - loudness_db) / 20)
    assert db(y - want) < -120
    raw = forked("render", path, di, tmp_path / "raw.wav", "--level-mode", "raw")
    assert "Output   raw: 0.0 dB" in raw.stdout


def test_a_tail_adds_silence_for_the_cabinet_to_ring_out(tmp_path, di):
    sound = Sound(Model.load(NANO), IR.load(bundled.irs()[0]))
    render(sound, di, tmp_path / "short.wav")
    done = render(sound, di, tmp_path / "long.wav", tail_s=0.5)
    short, long = wav.read(tmp_path / "short.wav").samples, wav.read(tmp_path / "long.wav").samples
    assert (len(long), done.samples) == (RATE + RATE // 2, RATE + RATE // 2)
    np.testing.assert_array_equal(long[:RATE], short)
    assert np.abs(long[RATE : RATE + 500]).max() > 0


@pytest.mark.parametrize("rate", [44100, 96000, 22050])
def test_an_input_of_another_rate_keeps_its_rate_and_its_length(tmp_path, rate):
    n = rate + 17
    x = 0.1 * np.sin(2 * np.pi * 440 * np.arange(n) / rate) * np.hanning(n)
    wav.write(tmp_path / "x.wav", x, rate, "FLOAT")
    wav.write(tmp_path / "x48.wav", 0.1 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE), RATE, "FLOAT")
    path = model_files.write(tmp_path / "m.nam", model_files.wavenet([4, 2], dilations=(1, 2, 4)))
    sound = Sound(Model.load(path))
    done = render(sound, tmp_path / "x.wav", tmp_path / "y.wav")
    y = wav.read(tmp_path / "y.wav")
    assert (len(y.samples), y.sample_rate, done.session_rate) == (n, rate, RATE)
    assert any(f"resampled from {rate} Hz" in note for note in done.notes)
    # the same tone at the model's own rate has the same peak
    render(sound, tmp_path / "x48.wav", tmp_path / "y48.wav")
    middle = slice(n // 2 - rate // 20, n // 2 + rate // 20)
    assert np.abs(y.samples[middle]).max() == pytest.approx(
        np.abs(wav.read(tmp_path / "y48.wav").samples[9600:]).max(), rel=0.02
    )


def test_a_stereo_cabinet_makes_a_stereo_file_of_the_channel_that_is_the_guitar(tmp_path):
    x = np.stack([noise(RATE), np.zeros(RATE)], axis=1)
    wav.write(tmp_path / "x.wav", x, RATE, "FLOAT")
    wav.write(tmp_path / "ir.wav", np.array([[0.5, 0.0], [0.0, 0.25]]), RATE, "FLOAT")
    sound = Sound(Model.load(NANO), IR.load(tmp_path / "ir.wav", convention="unity"))
    done = render(sound, tmp_path / "x.wav", tmp_path / "y.wav")
    y = wav.read(tmp_path / "y.wav").samples
    want = after_silence(Model.load(NANO), x[:, 0].astype(np.float32)) * 10 ** (sound.output.gain_db / 20)
    assert db(y[:, 0] - 0.5 * want) < -120
    assert db(y[1:, 1] - 0.25 * want[:-1]) < -120
    assert any("2 channels" in note for note in done.notes)


def test_a_cabinet_longer_than_the_convolver_takes_is_cut_and_that_is_said(tmp_path, di):
    taps = np.zeros(12 * RATE)
    taps[[0, 1000, -1]] = 0.5, 0.25, 0.125
    done = render(Sound(Model.load(NANO), IR.from_taps(taps, RATE, "hall.wav")), di, tmp_path / "y.wav")
    assert any("hall.wav: cut from 12.00 s to 10.00 s" in note for note in done.notes)


def test_a_24_bit_file_is_limited_and_says_how_often(tmp_path, di):
    sound = Sound(Model.load(NANO), output_trim_db=40.0)
    loud = render(sound, di, tmp_path / "float.wav")
    assert loud.output_peak_dbfs > 0
    assert loud.clipped_samples == 0
    limited = render(sound, di, tmp_path / "24.wav", bits=24)
    assert limited.clipped_samples > 100
    y = wav.read(tmp_path / "24.wav")
    assert (y.subtype, np.abs(y.samples).max() <= 1.0) == ("PCM_24", True)


def test_the_report_is_json_too(tmp_path, di):
    done = forked("render", NANO, di, tmp_path / "out.flac", "--json", "--bits", 24)
    report = json.loads(done.stdout)
    assert (report["samples"], report["sample_rate"], report["output"]) == (RATE, RATE, "out.flac")
    assert "no interface is named" in report["calibration"]


def test_the_block_size_does_not_change_a_sample_of_the_model(tmp_path, di):
    for block in (1, 64, 8192):
        render(Sound(Model.load(NANO)), di, tmp_path / f"{block}.wav", block_size=block)
    first = wav.read(tmp_path / "1.wav").samples
    np.testing.assert_array_equal(first, wav.read(tmp_path / "64.wav").samples)
    np.testing.assert_array_equal(first, wav.read(tmp_path / "8192.wav").samples)


def test_one_gear_captured_at_four_levels_sounds_the_same_four_times(tmp_path, di):
    # Proof by sound of the calibration: in a WaveNet the input enters through the rechannel of the first array and
    # the mixins of all layers, so scaling these stands for the same gear captured with another send level.
    outputs = []
    for level_dbu in (5.74, 11.76, 15.0, 18.0):
        document = model_files.wavenet([6, 3], seed=4, dilations=(1, 2, 4, 8))
        scale_input(document, 10 ** ((level_dbu - 12.0) / 20))
        document["metadata"] = {"input_level_dbu": level_dbu}
        path = model_files.write(tmp_path / f"at {level_dbu}.nam", document)
        out = tmp_path / f"{level_dbu}.wav"
        done = forked("render", path, di, out, "--interface", "apollo-8x", "--preamp-gain-db", 5, "--level-mode", "raw")
        assert done.returncode == 0, done.stderr
        outputs.append(wav.read(out).samples)
    for other in outputs[1:]:
        assert db(other - outputs[0], outputs[0]) < -80
    # and it is no accident: without calibration they differ
    render(Sound(Model.load(tmp_path / "at 5.74.nam")), di, tmp_path / "a.wav")
    render(Sound(Model.load(tmp_path / "at 18.0.nam")), di, tmp_path / "b.wav")
    assert db(wav.read(tmp_path / "a.wav").samples - wav.read(tmp_path / "b.wav").samples, outputs[0]) > -30


def scale_input(document, gain):
    """Scale the weights through which the raw input enters a WaveNet."""
    weights, at = np.array(document["weights"], np.float64), 0
    for i, array in enumerate(document["config"]["layers"]):
        c, kernel, inputs = array["channels"], array["kernel_size"], array["input_size"]
        if i == 0:
            weights[at : at + c * inputs] *= gain
        at += c * inputs
        for _ in array["dilations"]:
            at += c * c * kernel + c
            weights[at : at + c] *= gain  # the mixin
            at += c + c * c + c
        at += array["head_size"] * c + (array["head_size"] if array["head_bias"] else 0)
    assert at + 1 == len(weights)
    document["weights"] = weights.astype(np.float32).astype(float).tolist()


# ---------------------------------------------------------------- levels that are entered
def test_an_entered_level_is_used_remembered_and_shown_as_entered(tmp_path, di):
    path = model_files.write(tmp_path / "quiet.nam", model_files.wavenet([4], dilations=(1, 2)))
    known = ["--max-input-dbu", 12.2]
    first = forked("render", path, di, tmp_path / "1.wav", *known, "--model-input-dbu", 15)
    assert "12.2 dBu (entered by you) - 15.0 dBu (entered by you) - 0.0 dB (gain knob) = -2.8 dB" in first.stdout
    path = path.rename(tmp_path / "renamed.nam")
    again = forked("render", path, di, tmp_path / "2.wav", *known)
    assert "- 15.0 dBu (entered by you)" in again.stdout
    assert "entered by you   15.00 dBu" in forked("info", path).stdout


# ---------------------------------------------------------------- bad input
def test_an_existing_output_is_refused_without_force_and_kept(tmp_path, di):
    out = tmp_path / "out.wav"
    out.write_bytes(b"precious")
    refused(forked("render", NANO, di, out), r"out\.wav", "exists", "--overwrite")
    assert out.read_bytes() == b"precious"
    assert forked("render", NANO, di, out, "--overwrite").returncode == 0
    assert len(wav.read(out).samples) == RATE


def test_input_and_output_may_not_be_the_same_file(tmp_path, di):
    before = di.read_bytes()
    refused(forked("render", NANO, di, di, "--overwrite"), r"di\.wav", "same file")
    assert di.read_bytes() == before


def bad_files(tmp_path):
    """Name of the bad file, arguments that use it, and what the sentence must say."""
    di = tmp_path / "di.wav"
    files = {
        "empty.nam": b"",
        "cut.nam": NANO.read_bytes()[:5000],
        "text.nam": b"hello",
        "other.nam": b'{"a": 1}',
        "nan.nam": NANO.read_bytes().replace(b'"weights": [', b'"weights": [NaN, '),
        "short.nam": json.dumps({**json.loads(NANO.read_bytes()), "weights": [0.0] * 5}).encode(),
        "empty.wav": b"",
        "text.wav": b"hello",
        "cut.wav": bundled.irs()[0].read_bytes()[:100],
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    wav.write(tmp_path / "silent.wav", np.zeros(500), RATE)
    out = tmp_path / "out.wav"
    for name in ("missing.nam", *files):
        if name.endswith(".nam"):
            yield name, [tmp_path / name, di, out]
    for name in ("missing.wav", "empty.wav", "text.wav", "cut.wav", "silent.wav"):
        yield name, [NANO, di, out, "--ir", tmp_path / name]
    for name in ("missing.wav", "empty.wav", "text.wav", "cut.wav"):
        yield name, [NANO, tmp_path / name, out]
    yield "out.xyz", [NANO, di, tmp_path / "out.xyz"]
    yield "nowhere", [NANO, di, tmp_path / "nowhere" / "out.wav"]


def test_every_bad_file_gives_one_sentence_that_names_it_and_nothing_is_written(tmp_path, di, capsys):
    from rig.cli import main

    cases = list(bad_files(tmp_path))
    before = sorted(tmp_path.iterdir())
    for name, arguments in cases:
        assert main(["render", *map(str, arguments)]) == 2, name
        printed = capsys.readouterr()
        assert printed.err.count("\n") == 1, (name, printed.err)
        assert printed.err.startswith("rig: "), printed.err
        assert name in printed.err, (name, printed.err)
        assert sorted(tmp_path.iterdir()) == before, name


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--interface", "apolo-8x"], "Apollo 8x"),
        (["--max-input-dbu", "999"], "999 dBu cannot be right"),
        (["--model-input-dbu", "nan"], "nan dBu cannot be right"),
        (["--preamp-gain-db", "-3"], "-3 dB cannot be right"),
        (["--tail-s", "-1"], "tail of -1 s"),
        (["--tail-s", "nan"], "tail of nan s"),
        (["--size", "2"], "size is 2"),
    ],
)
def test_numbers_that_cannot_be_right_are_refused(tmp_path, di, arguments, sentence, capsys):
    from rig.cli import main

    assert main(["render", str(NANO), str(di), str(tmp_path / "o.wav"), *arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "o.wav").exists()


def test_a_render_that_is_interrupted_leaves_nothing_behind(tmp_path, di):
    def stop(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(Sound(Model.load(NANO)), di, tmp_path / "out.wav", progress=stop)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["di.wav"]


def test_the_library_raises_what_the_command_says(tmp_path, di):
    with pytest.raises(RigError, match="same file"):
        render(Sound(Model.load(NANO)), di, di)


def test_gate_and_rumble_filter_are_rendered_as_they_play_and_reported(tmp_path):
    x = guitar(RATE) * np.repeat([1.0, 0.01, 1.0, 0.003], RATE // 4).astype(np.float32)
    wav.write(tmp_path / "x.wav", x, RATE, "FLOAT")
    args = ["--gate-dbfs", -35, "--rumble-hz", 80, "--level-mode", "raw"]
    done = forked("render", NANO, tmp_path / "x.wav", tmp_path / "y.wav", *args, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["gate_dbfs"], report["rumble_hz"]) == (-35.0, 80.0)
    y = wav.read(tmp_path / "y.wav").samples[:, 0]
    bench = Bench()  # as a player does it: switched on while it plays
    bench.engine.play({0: Sound(Model.load(NANO), level_mode="raw").lane(RATE)})
    bench.settle()
    bench.engine.noise.set_gate(-35.0)
    bench.engine.noise.set_rumble(80.0)
    bench.process(np.zeros(RATE))
    np.testing.assert_array_equal(bench.process(x), y)
    assert not y[-RATE // 10 :].any()


@pytest.mark.parametrize(
    ("option", "value", "match"),
    [("--gate-dbfs", -10, "A gate at -10 dBFS"), ("--rumble-hz", 100, "no rumble filter of 100 Hz")],
)
def test_a_gate_or_filter_that_cannot_be_is_refused(tmp_path, option, value, match):
    refused(forked("render", NANO, bundled.di(), tmp_path / "y.wav", option, value), match)
