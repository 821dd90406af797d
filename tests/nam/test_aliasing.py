"""What a model folds back: the figure, and how it is kept."""

import json

import model_files
import numpy as np
import pytest
from rigs import NANO, RATE

from rig.library import measured_aliasing
from rig.nam import Model, aliasing
from rig.nam.aliasing import measure_aliasing_db
from rig.player.tools.loudness_measurement import Measuring

BINS = aliasing.PERIOD_SAMPLES


def folded_back_db(bend, hz):
    """The same by arithmetic alone: what a curve makes of a sine, its harmonics sorted into those below half the rate
    and those above, which come back. (An odd curve that is not too sharp: a thousand harmonics are all.)"""
    angle = 2 * np.pi * np.arange(1 << 16) / (1 << 16)
    powers = np.square(np.abs(np.fft.rfft(bend(0.2512 * np.sin(angle)))))[:1000]
    order = np.arange(1000)
    cycles = round(hz * BINS / RATE)
    below = (order > 0) & (order * cycles < BINS / 2)
    return 10 * np.log10(powers[(order > 0) & ~below].sum() / powers[below].sum())


def test_the_figure_is_that_of_the_series_of_a_bent_sine(tmp_path, monkeypatch):
    bend = lambda x: np.tanh(12 * x)  # noqa: E731
    model = model_files.linear_from(tmp_path / "wire.nam", [1.0])

    class Bent:
        receptive_field_samples = 1

        def process(self, x):
            return bend(x.astype(np.float64))

    monkeypatch.setattr(Model, "network", lambda self, rate, quality: Bent())
    for hz in (997.0, 2489.0, 6011.0):
        monkeypatch.setattr(aliasing, "HZ", hz)
        assert measure_aliasing_db(model) == pytest.approx(folded_back_db(bend, hz), abs=0.05)


def test_what_bends_nothing_folds_nothing_back_and_silence_has_no_figure(tmp_path):
    wire = model_files.linear_from(tmp_path / "wire.nam", [0.5, 0.25])
    assert measure_aliasing_db(wire) < -120
    assert measure_aliasing_db(model_files.linear_from(tmp_path / "none.nam", [0.0])) is None


def test_the_nano_model_folds_back_less_at_twice_its_rate():
    model = Model.load(NANO)
    assert measure_aliasing_db(model) == pytest.approx(-42, abs=1)
    assert measure_aliasing_db(model, 2) < -65


def test_it_is_measured_once_and_again_where_the_file_is_of_no_use(tmp_path, monkeypatch):
    model = Model.load(NANO)
    first = measured_aliasing.measure(model, (1, 2), directory=tmp_path)
    (path,) = tmp_path.iterdir()
    assert path.name == f"{model.network_hash}.json"
    measured = []

    def measure(model, quality):
        measured.append(quality)
        return -50.0

    monkeypatch.setattr(measured_aliasing, "measure_aliasing_db", measure)
    assert measured_aliasing.measure(model, (1, 2), directory=tmp_path) == first and not measured
    assert measured_aliasing.measure(model, (1, 4), directory=tmp_path) == {1: first[1], 4: -50.0} and measured == [4]
    content = json.loads(path.read_text())
    for odd in ("{", "[]", '{"schema": 2}', json.dumps(content | {"aliasing_db": {"1": 1e400}})):
        path.write_text(odd)
        measured.clear()
        assert measured_aliasing.known(model, directory=tmp_path) == {}
        assert measured_aliasing.measure(model, (1,), directory=tmp_path) == {1: -50.0} and measured == [1]


def test_it_is_measured_beside_the_music_after_the_loudness(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    model, measuring = Model.load(NANO), Measuring()
    measuring.of(model)
    for _ in range(2):
        measuring._thread.join(0.01)
        for _ in range(1000):
            if set(measured_aliasing.known(model)) == {1, 2}:
                break
            measuring._thread.join(0.01)
        assert set(measured_aliasing.known(model)) == {1, 2}
        for path in (tmp_path / "rig" / "aliasing").iterdir():
            path.unlink()
        assert measuring.of(model) is not None  # its loudness is known by now
