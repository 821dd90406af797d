"""Models against takes whose every error is known, because the tests made them."""

from __future__ import annotations

import base64
import html
import json
import re
import subprocess

import commandline
import model_files
import numpy as np
import pytest
import soundfile as sf
from matplotlib import image

import rig
from rig.audio.align import shifted
from rig.audio.wav import write
from rig.compare.models import judge, take_files
from rig.compare.pair import TakeFiles
from rig.compare.score import Failure
from rig.errors import AudioError, CompareError, ConfigError, RigError
from rig.library.entered_levels import remember_input_level
from rig.nam import Model
from rig.nam.aliasing import measure_aliasing_db
from rig.trainer.layout import has_training_layout

RATE = 48000


def phrase(seconds=4.0, seed=0):
    """Noise bursts that decay, from loud to soft: something like plucked strings."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE)
    x = np.zeros(n)
    for start in range(0, n - RATE // 4, RATE // 4):
        burst = rng.standard_normal(RATE // 4) * np.exp(-np.arange(RATE // 4) / 3000)
        burst = np.convolve(burst, np.hanning(24) / 12, "same")
        x[start : start + RATE // 4] = burst / np.abs(burst).max() * 10 ** (rng.uniform(-30, -1) / 20)
    return x


@pytest.fixture(scope="module")
def gear(tmp_path_factory):
    """A small WaveNet that stands for the gear, and two others."""
    folder = tmp_path_factory.mktemp("models")
    for i, name in enumerate(("gear", "other", "third")):
        document = model_files.wavenet([4, 2], seed=i, dilations=(1, 2, 4, 8))
        document["metadata"] = {"input_level_dbu": 12.0 if name == "gear" else None}
        model_files.write(folder / f"{name}.nam", document)
    return folder


@pytest.fixture(scope="module")
def played(gear):
    x = phrase()
    return x, Model.load(gear / "gear.nam").render(x.astype(np.float32)).astype(float)


@pytest.fixture
def pair(tmp_path, played):
    """Write dry and wet, the wet changed as asked."""

    def make(change=lambda y: y, rate=RATE, name="wet.wav"):
        x, y = played
        write(tmp_path / "dry.wav", x, RATE, "FLOAT", overwrite=True)
        write(tmp_path / name, change(y), rate, "FLOAT", overwrite=True)
        return tmp_path / "dry.wav", tmp_path / name

    return make


def one(pair_paths, model, **options):
    comparison = rig.compare_models(*pair_paths, [model], **options)
    assert not comparison.failures, comparison.failures
    return comparison.scores[0]


def test_a_model_of_itself_nulls(pair, gear):
    score = one(pair(), gear / "gear.nam")
    assert score.esr < 1e-9  # float32 files
    assert score.null_db < -90
    assert (score.polarity, score.verdict, score.state) == (1, "great", "ok")
    assert abs(score.lag_samples) < 1e-3 and abs(score.gain_db) < 1e-3


def test_a_model_is_compared_at_a_quality(pair, gear):
    network, x = Model.load(gear / "gear.nam").network(RATE, 4, linear_phase=True), phrase().astype(np.float32)
    late = network.latency_samples
    files = pair(lambda y: network.process(np.concatenate([x, np.zeros(late, np.float32)]))[late:].astype(float))
    as_trained, at_4x = one(files, gear / "gear.nam"), one(files, gear / "gear.nam", quality=4)
    assert (as_trained.quality, at_4x.quality) == (1, 4)
    assert at_4x.null_db < -90
    model = Model.load(gear / "gear.nam")
    assert as_trained.aliasing_db == pytest.approx(measure_aliasing_db(model))
    assert at_4x.aliasing_db == pytest.approx(measure_aliasing_db(model, 4))
    assert at_4x.null_db + 20 < as_trained.null_db < -20
    with pytest.raises(RigError, match="1, 2, 4 or 8 times"):
        rig.compare_models(*files, [gear / "gear.nam"], quality=3)


def test_a_level_that_was_entered_for_a_model_counts_as_it_does_where_it_is_played(pair, gear, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert "the model's level is not known" in one(pair(), gear / "other.nam", capture_dbu=10.0).input_gain_basis
    remember_input_level(Model.load(gear / "other.nam").content_hash, "other.nam", 6.0)
    score = one(pair(), gear / "other.nam", capture_dbu=10.0)
    assert score.input_gain_db == 4.0
    assert score.input_gain_basis == "10.0 dBu (entered by you) - 6.0 dBu (model, entered by you) = +4.0 dB"


def test_a_model_that_was_named_from_here_is_called_as_it_was_named(pair, gear, monkeypatch):
    files = pair()
    monkeypatch.chdir(gear)
    assert one(files, "gear.nam").file == "gear.nam"


def test_level_polarity_and_lag_are_found_and_taken_out_one_after_the_other(pair, gear):
    # 12.5 samples late, upside down, 3 dB down
    score = one(pair(lambda y: -(10 ** (-3 / 20)) * shifted(y, 12.5)), gear / "gear.nam")
    assert score.lag_samples == pytest.approx(12.5, abs=0.01)
    assert (score.polarity, score.gain_db) == (-1, pytest.approx(-3.0, abs=0.01))
    assert score.loudness_difference_lu == pytest.approx(3.0, abs=0.05)
    assert score.esr > 1.0  # inverted and late: worse than silence
    assert score.esr_aligned == pytest.approx((10 ** (3 / 20) - 1) ** 2, rel=0.01)
    assert score.null_db < -60  # the shifts of both sides end at half the rate
    said = "3.0 dB louder, 12.5 samples early and upside down; with all of it taken out the null is -"
    assert (score.verdict, score.state) == ("great", "ok") and score.reason.startswith(said)
    null = 10 ** (score.null_db / 10)
    assert all(ratio == pytest.approx(null, abs=1e-6) for ratio in score.esr_by_input_level.values() if ratio)


def test_a_model_that_is_3_db_loud_and_6_7_samples_off_is_told_so_and_not_that_something_went_wrong(tmp_path):
    taps = [0.5, 0.3, -0.1]  # no offset, which a gain would take out together with part of the error
    linear = model_files.finished("Linear", {"receptive_field": 3, "bias": False}, taps[::-1])
    path = model_files.write(tmp_path / "linear.nam", linear)
    x = phrase(8.0)
    y = Model.load(path).render(x.astype(np.float32)).astype(float)
    # An error 20 dB down and of the same spectrum, as of a model that is not quite the gear.
    turned = np.exp(2j * np.pi * np.random.default_rng(3).uniform(size=len(y) // 2 + 1))
    error = np.fft.irfft(np.fft.rfft(y) * turned, len(y))
    error *= 0.1 * np.sqrt(np.mean(y[8192:] ** 2) / np.mean(error[8192:] ** 2))
    write(tmp_path / "dry.wav", x, RATE, "FLOAT")
    write(tmp_path / "wet.wav", 10 ** (-3 / 20) * shifted(y + error, -6.7), RATE, "FLOAT")
    score = one((tmp_path / "dry.wav", tmp_path / "wet.wav"), path)
    assert score.reason == (
        "3.0 dB louder and 6.7 samples late; with both taken out the null is -20.0 dB; what is left is noise"
    )
    assert (score.verdict, score.state) == ("great", "ok")
    assert score.esr > 0.3  # which alone said that something went wrong


def test_soft_takes_have_the_difference_in_loudness_of_loud_ones(pair, gear):
    """-60 LUFS: the absolute gate of the standard would take its soft notes, and those of the model not."""

    def spread(y):  # every second note 16 dB softer
        soft = np.arange(len(y)) // (RATE // 4) % 2 == 1
        return y * np.where(soft, 10 ** (-16 / 20), 1.0)

    loud = one(pair(spread), gear / "gear.nam").loudness_difference_lu
    soft = one(pair(lambda y: 10 ** (-40 / 20) * spread(y)), gear / "gear.nam").loudness_difference_lu
    assert soft == pytest.approx(loud + 40, abs=0.05)


@pytest.mark.parametrize("snr_db", [30.0, 50.0])
def test_noise_is_the_floor_of_the_null(pair, gear, snr_db):
    def noisy(y):
        n = np.random.default_rng(3).standard_normal(len(y))
        kept = y[8192:]
        return y + n * np.sqrt(np.mean(kept**2)) * 10 ** (-snr_db / 20)

    score = one(pair(noisy), gear / "gear.nam")
    # error over wet, and the wet holds the noise too; the span begins behind 8192 samples
    expected = 10 ** (-snr_db / 10) / (1 + 10 ** (-snr_db / 10))
    assert score.esr_matched == pytest.approx(expected, rel=0.02)


def test_the_dry_file_enters_the_model_at_the_level_of_the_capture(tmp_path, played, gear):
    x, _ = played
    hot = Model.load(gear / "gear.nam").render((x * 10 ** (-6 / 20)).astype(np.float32))
    write(tmp_path / "dry.wav", x, RATE, "FLOAT")
    write(tmp_path / "wet.wav", hot, RATE, "FLOAT")
    told = one((tmp_path / "dry.wav", tmp_path / "wet.wav"), gear / "gear.nam", capture_dbu=6.0)
    assert told.input_gain_db == pytest.approx(-6.0) and told.esr < 1e-9
    assert told.input_gain_basis == "6.0 dBu (entered by you) - 12.0 dBu (model) = -6.0 dB"
    untold = one((tmp_path / "dry.wav", tmp_path / "wet.wav"), gear / "gear.nam")
    assert untold.input_gain_db == 0.0 and "the capture's level is not known" in untold.input_gain_basis
    assert untold.esr > 0.01


def test_a_capture_folder_brings_its_level_and_a_far_one_is_remarked_on(tmp_path, played, gear):
    x, _ = played
    hot = Model.load(gear / "gear.nam").render((x * 10 ** (-14 / 20)).astype(np.float32))
    write(tmp_path / "dry.wav", x, RATE, "FLOAT")
    write(tmp_path / "wet.wav", hot, RATE, "FLOAT")
    levels = {"schema": 1, "levels": {"input_level_dbu": -2.0, "input_method": "multimeter"}}
    (tmp_path / "capture.json").write_text(json.dumps(levels))
    score = rig.compare_models(tmp_path, models=[gear / "gear.nam"]).scores[0]
    assert score.esr < 1e-9 and "capture, multimeter" in score.input_gain_basis
    assert any("made at another level" in note for note in score.notes)


def test_many_are_ranked_and_a_broken_one_does_not_stop_the_others(pair, gear, tmp_path):
    (tmp_path / "broken.nam").write_text("{}")
    models = [gear / "other.nam", tmp_path / "broken.nam", gear / "gear.nam", gear / "third.nam"]
    seen = []
    comparison = rig.compare_models(*pair(), models, workers=2, progress=seen.append)
    assert comparison.scores[0].file == "gear.nam"
    assert [s.esr_matched for s in comparison.scores] == sorted(s.esr_matched for s in comparison.scores)
    assert [f.file for f in comparison.failures if f.file == "broken.nam"] == ["broken.nam"]
    assert seen[-1] == 1.0 and len(seen) == 4
    alone = rig.compare_models(*pair(), models, workers=1)
    assert alone.scores == comparison.scores  # who works on it changes no figure


def test_two_takes_show_how_well_the_gear_repeats_itself(pair, gear, tmp_path):
    dry, wet = pair()
    second = pair(lambda y: y + 1e-3 * np.random.default_rng(4).standard_normal(len(y)), name="again.wav")[1]
    files = TakeFiles(dry, wet, second_wet=second)
    comparison = rig.compare_models(files, models=[gear / "gear.nam"])
    y = sf.read(wet)[0][8192:]  # what is judged
    assert comparison.repeatability_esr == pytest.approx(1e-6 * len(y) / np.sum(y**2), rel=0.05)
    assert any("as close as the gear is to itself" in note for note in comparison.scores[0].notes)
    assert rig.compare_models(dry, wet, [gear / "gear.nam"]).repeatability_esr is None


def test_the_layout_of_the_trainer_is_judged_by_its_last_nine_seconds():
    x = np.zeros(40 * RATE)
    x[: 9 * RATE] = phrase(9.0)
    x[10 * RATE : 30 * RATE] = phrase(20.0, seed=1)
    x[-9 * RATE :] = x[: 9 * RATE]
    assert has_training_layout(x, RATE)
    x[9 * RATE + 5] = 1e-3
    assert not has_training_layout(x, RATE)


def test_a_gear_that_is_silent_in_the_judged_nine_seconds_is_refused_in_one_sentence(tmp_path, gear):
    x = np.zeros(40 * RATE)
    x[: 9 * RATE] = x[-9 * RATE :] = phrase(9.0)
    x[10 * RATE : 30 * RATE] = phrase(20.0, seed=1)
    y = x.copy()
    y[-10 * RATE :] = 0  # somebody switched it off
    write(tmp_path / "dry.wav", x, RATE)
    write(tmp_path / "wet.wav", y, RATE)
    with pytest.raises(CompareError, match=r"wet.wav is silent where models are judged, in the last 9 s") as caught:
        rig.compare_models(tmp_path / "dry.wav", tmp_path / "wet.wav", [gear / "gear.nam"])
    assert str(caught.value).endswith("Record the gear again until after the end of the signal.")
    done = commandline.rig("compare", tmp_path / "dry.wav", tmp_path / "wet.wav", gear / "gear.nam")
    commandline.refused(done, "wet.wav is silent where models are judged")


def test_a_drifting_take_is_named_once_and_no_model_is_blamed_for_it(pair, gear):
    def drift(y):
        n = np.arange(len(y))
        return np.interp(n * (1 + 1e-5), n, y)  # two samples over 4 s

    comparison = rig.compare_models(*pair(drift), [gear / "gear.nam", gear / "other.nam"])
    (fault,) = comparison.faults
    assert "two clocks" in fault
    assert float(fault.split("drifts by ")[1].split()[0]) == pytest.approx(-1.92, abs=0.15)
    for score in comparison.scores:
        assert (score.state, score.verdict) == ("unknown", "not known") and score.reason.startswith(fault)
        assert not any("drift" in note for note in score.notes)


def test_a_take_without_drift_is_not_said_to_drift_whatever_model_is_held_against_it(pair, gear, tmp_path):
    """A model that is another sound: what its lag does along the take says nothing about the take."""
    slow = model_files.finished(
        "Linear",
        {"receptive_field": 600, "bias": False},
        (np.exp(-np.arange(600) / 200) * np.cos(np.arange(600) ** 1.5 / 300)).tolist(),
    )
    models = [gear / "other.nam", gear / "third.nam", model_files.write(tmp_path / "slow.nam", slow)]
    comparison = rig.compare_models(*pair(), models)
    assert comparison.faults == comparison.warnings == ()
    assert not any("drift" in note for score in comparison.scores for note in score.notes)


def test_a_clipped_take_is_named(pair, gear):
    comparison = rig.compare_models(*pair(lambda y: np.clip(3 * y / np.abs(y).max(), -1, 1)), [gear / "gear.nam"])
    assert "clipped" in comparison.warnings[0]


def refused(pair_paths, match, model, error=CompareError, **options):
    with pytest.raises(error, match=match):
        rig.compare_models(*pair_paths, [model], **options)


def test_what_is_no_pair_is_refused(pair, gear, tmp_path):
    model = gear / "gear.nam"
    refused(pair(lambda y: phrase(4.0, seed=9)), "have nothing to do with each other", model)
    refused(pair(lambda y: y * 0), "wet.wav is silent", model)
    refused(pair(lambda y: y[:-10]), "equally long", model)
    refused(pair(lambda y: np.concatenate([y, np.zeros(2 * RATE)])), "equally long", model)
    refused(pair(rate=44100), "48000 Hz and .* 44100 Hz", model)
    refused(pair(lambda y: np.stack([y, 0.5 * shifted(y, 9)], 1)), "2 channels that differ", model, AudioError)
    refused((tmp_path / "no.wav", tmp_path / "wet.wav"), "no.wav", model, AudioError)
    with pytest.raises(CompareError, match=r"holds no dry\.wav"):
        rig.compare_models(gear, models=[model])
    with pytest.raises(CompareError, match="no model to compare"):
        rig.compare_models(*pair())
    refused(pair(), "No Dask scheduler answers", model, ConfigError, cluster="tcp://127.0.0.1:9")


def test_a_little_longer_is_cut_with_a_word(pair, gear):
    comparison = rig.compare_models(*pair(lambda y: np.concatenate([y, np.zeros(100)])), [gear / "gear.nam"])
    assert "100 samples longer" in comparison.warnings[0] and comparison.scores[0].esr < 1e-9


def test_a_model_that_has_nothing_to_do_with_the_take_gets_no_figure(pair, tmp_path):
    silent = model_files.finished("Linear", {"receptive_field": 4, "bias": False}, [0.0] * 4)
    path = model_files.write(tmp_path / "silent.nam", silent)
    result = judge(path, take_files(*pair()), 1.0)
    assert isinstance(result, Failure) and "silent" in result.reason
    wrong = model_files.finished(
        "Linear",
        {"receptive_field": 4000, "bias": False},
        (np.random.default_rng(0).standard_normal(4000) / 60).tolist(),
    )
    result = judge(model_files.write(tmp_path / "wrong.nam", wrong), take_files(*pair()), 1.0)
    assert isinstance(result, Failure) and "nothing to do with wet.wav" in result.reason


def test_a_take_of_another_rate_than_the_model_is_judged_at_its_own(tmp_path, gear):
    t = np.arange(4 * 44100) / 44100
    x = 0.2 * np.sin(2 * np.pi * 220 * t) * np.exp(-(t % 0.5) * 4) + 0.05 * np.sin(2 * np.pi * 1931 * t)
    network = Model.load(gear / "gear.nam").network(44100)
    y = network.process(np.concatenate([x, np.zeros(network.latency_samples)]).astype(np.float32))
    write(tmp_path / "dry.wav", x, 44100, "FLOAT")
    write(tmp_path / "wet.wav", y[network.latency_samples :], 44100, "FLOAT")
    score = one((tmp_path / "dry.wav", tmp_path / "wet.wav"), gear / "gear.nam")
    assert score.esr < 1e-9 and abs(score.lag_samples) < 0.01


def test_the_command_prints_a_table_and_json_and_writes_a_page_with_the_same_figures(pair, gear, tmp_path):
    dry, wet = pair(lambda y: 0.9 * y + 1e-4)
    page = tmp_path / "page.html"
    printed = commandline.rig("compare", dry, wet, gear, "--workers", 1, "--html", page).stdout
    assert printed.index("gear.nam") < printed.index("other.nam")
    assert "as it is: nothing taken out" in printed and "0.9 dB louder" in printed
    told = json.loads(commandline.forked("compare", dry, wet, gear, "--workers", 1, "--json").stdout)
    assert told["scores"][0]["file"] == "gear.nam" and told["schema"] == 1
    text = page.read_text()
    inside = json.loads(re.search(r'id="comparison">(.*?)</script>', text, re.S)[1].replace("<\\/", "</"))
    assert inside == {key: value for key, value in told.items() if key not in ("kind", "provenance", "seal")}
    assert told["scores"][0]["reason"] in html.unescape(text)
    assert f"<td>{told['scores'][0]['esr']:.4f}</td>" in text
    assert f"<td>{told['scores'][1]['esr_a_weighted']:.4f}</td>" in text and "% distortion" in text
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", text) and "@import" not in text  # nothing from outside
    sounds = re.findall(r"data:audio/flac;base64,([^\"]+)", text)
    assert len(sounds) == 3 * len(told["scores"][:3])
    (tmp_path / "sound.flac").write_bytes(base64.b64decode(sounds[0]))
    assert sf.info(tmp_path / "sound.flac").samplerate == RATE
    commandline.refused(commandline.forked("compare", dry, wet, gear, "--html", page), "page.html: .* exists already")
    assert page.read_text() == text


def test_the_command_says_what_is_missing(pair, gear):
    dry, wet = pair()
    commandline.refused(commandline.forked("compare", dry, wet), "Name what was played")
    commandline.refused(
        commandline.forked("compare", gear / "e570", gear), "e570: no such folder or file; name a capture"
    )
    nothing = commandline.forked("compare", dry, wet, gear / "no.nam")
    assert nothing.returncode == 2 and "Not compared: no.nam" in nothing.stdout


@pytest.mark.soak
def test_the_page_is_a_picture_in_a_browser_without_any_network(pair, gear, tmp_path):
    dry, wet = pair(lambda y: 0.9 * y + 1e-4)
    page, shot = tmp_path / "page.html", tmp_path / "page.png"
    told = json.loads(commandline.rig("compare", dry, wet, gear, "--html", page, "--json").stdout)
    browser = [
        *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,2400"),
        *("--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path / 'profile'}"),
    ]
    subprocess.run([*browser, f"--screenshot={shot}", page.as_uri()], check=True, capture_output=True, timeout=120)
    dom = subprocess.run([*browser, "--dump-dom", page.as_uri()], check=True, capture_output=True, timeout=120)
    for score in told["scores"]:
        assert f"<td>{score['esr']:.4f}</td>" in dom.stdout.decode()
    picture = image.imread(shot)[:, :, :3]
    assert picture.shape[:2] == (2400, 1200)
    dark = (picture < 0.5).all(axis=2)
    assert 0.005 < dark.mean() < 0.3  # text and lines on white
    coloured = np.ptp(picture, axis=2) > 0.3
    assert coloured[800:1600].any()  # the curves
