"""What rig ships: the files, what they sound like, and that their scripts still make them."""

import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from places import ROOT

import rig
from rig.files import bundled

# Two steps of 24 bit: another version of a library may round the last bit the other way.
TWO_STEPS = 2.0 / 2**23


def script(path: str):
    """The module that a script in models/ or irs/ is."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def level_db(h, hz):
    """The response at some frequencies, in dB re its mean between 300 Hz and 3 kHz."""
    response_db = 20 * np.log10(np.abs(np.fft.rfft(h, 48_000)) + 1e-12)  # one bin is 1 Hz
    return response_db[list(hz)] - response_db[300:3000].mean()


def test_the_script_makes_the_cabinets_that_are_shipped():
    make_irs = script("irs/make_irs.py")
    assert {cabinet.file_name for cabinet in make_irs.CABINETS} == {path.name for path in bundled.irs()}
    for cabinet in make_irs.CABINETS:
        shipped, _ = sf.read(ROOT / "irs" / cabinet.file_name)
        np.testing.assert_allclose(make_irs.impulse_response(cabinet), shipped, rtol=0, atol=TWO_STEPS)


def test_the_script_makes_the_guitar_that_is_shipped():
    shipped, _ = sf.read(bundled.di())
    np.testing.assert_allclose(script("models/di/make_di.py").guitar(), shipped, rtol=0, atol=TWO_STEPS)


@pytest.mark.parametrize("path", bundled.irs(), ids=lambda path: path.name)
def test_a_cabinet_looks_like_a_guitar_cabinet(path):
    info = sf.info(path)
    assert (info.samplerate, info.channels, info.frames, info.subtype) == (48_000, 1, 2048, "PCM_24")
    h, _ = sf.read(path)
    assert 20 * np.log10(np.abs(h).max()) == pytest.approx(-1.0, abs=0.01)
    assert np.argmax(np.abs(h)) < 16  # starts at once
    assert np.abs(h[-64:]).max() < 10 ** (-90 / 20)  # and is over when it ends
    rumble, low, resonance, presence, treble, air = level_db(h, (20, 50, 110, 2800, 8000, 14_000))
    assert rumble < -20 < low + 10 < resonance + 10
    assert presence > 2
    assert treble < -8
    assert air < -40


def test_the_guitar_is_dry_short_and_leaves_headroom():
    info = sf.info(bundled.di())
    assert (info.samplerate, info.channels, info.subtype) == (48_000, 1, "PCM_24")
    assert 8.0 <= info.duration <= 12.0
    x, _ = sf.read(bundled.di())
    assert 20 * np.log10(np.abs(x).max()) == pytest.approx(-9.0, abs=0.01)
    assert abs(x.mean()) < 1e-6
    assert np.abs(x[:4800]).max() == 0.0  # a moment of silence before the first note
    assert np.abs(x[-480:]).max() < 1e-3


@pytest.mark.parametrize("path", bundled.models(), ids=lambda path: path.name)
def test_a_model_says_what_it_is_and_at_which_levels(path):
    metadata = json.loads(path.read_text())["metadata"]
    assert metadata["gear_type"] == "preamp"
    assert (metadata["input_level_dbu"], metadata["output_level_dbu"]) == (12.0, 12.3)
    model = rig.Model.load(path)
    assert model.sample_rate == 48_000


@pytest.mark.parametrize(("name", "largest_esr"), [("rig-preamp-nano.nam", 0.03), ("rig-preamp-a2.nam", 0.06)])
@pytest.mark.parametrize("gain_db", [0.0, 8.0])
def test_a_model_sounds_like_the_preamp_it_was_trained_on(name, largest_esr, gain_db):
    # Energy of the difference over energy of the preamp's output, on a guitar that was not in the training.
    make_preamp_take = script("models/make_preamp_take.py")
    x = sf.read(bundled.di())[0][: 4 * 48_000] * 10 ** (gain_db / 20)
    late = make_preamp_take.LATENCY_SAMPLES - 305  # what training left in: see models/README.md
    wanted = make_preamp_take.preamp(x)[: x.size - late]
    got = rig.Model.load(ROOT / "models" / name).render(x.astype(np.float32))[late:]
    assert np.sum((got - wanted) ** 2) / np.sum(wanted**2) < largest_esr


def test_every_file_is_named_in_the_readme_beside_it():
    for folder in (ROOT / "models", ROOT / "irs"):
        text = (folder / "README.md").read_text()
        for path in folder.iterdir():
            if path.is_file() and path.name != "README.md":
                assert path.name in text


def test_the_first_model_is_the_one_that_is_promised_when_none_is_named():
    assert [path.name for path in bundled.models()] == ["rig-preamp-a2.nam", "rig-preamp-nano.nam"]
    assert len(bundled.irs()) == 3


def test_an_installation_without_its_files_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(bundled, "_PACKAGE", tmp_path / "rig")
    with pytest.raises(rig.RigError, match=r"rig-di\.wav was not found"):
        bundled.di()


@pytest.mark.soak
def test_a_wheel_holds_the_models_the_cabinets_the_guitar_and_the_table(tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True)
    (wheel,) = tmp_path.glob("amprig-*.whl")
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    code = (
        "import rig; from rig import bundled; print(len(bundled.models()), len(bundled.irs()), bundled.di());"
        "rig.Interface.named('apollo-8x', table=__import__('pathlib').Path('none'))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=installed, capture_output=True, text=True, check=True)
    models, irs, di = run.stdout.split()
    assert (models, irs) == ("2", "3")
    assert Path(di).is_relative_to(installed / "rig" / "bundled")
