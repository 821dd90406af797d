"""What somebody who uses rig as a library writes: type-checked against the wheel, and run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import rig
from rig import bundled


def sound() -> rig.Sound:
    model = rig.Model.load(bundled.models()[0])
    assert_type(model, rig.Model)
    assert_type(model.input_level_dbu, float | None)
    assert_type(model.render(np.zeros(64, np.float32)), NDArray[np.float32])
    cabinet = rig.IR.load(str(bundled.irs()[0]), 48000)
    assert_type(cabinet.taps, NDArray[np.float32])
    made = rig.Sound(model, cabinet, interface=rig.Interface.named("apollo-8x"), preamp_gain_db=5)
    assert_type(made.interface, rig.Level | None)
    assert_type(made.input_gain_db, float)
    return made.changed(interface=rig.Level(12.2, "my voltmeter"), level_mode="raw", gate_dbfs=-60.0)


def arrays(made: rig.Sound) -> NDArray[np.float32]:
    t = np.arange(4410) / 44100
    y = made.render(0.1 * np.sin(2 * np.pi * 196.0 * t), 44100, tail_s=0.1)
    assert_type(y, NDArray[np.float32])
    return y


def files(made: rig.Sound, folder: Path) -> rig.Rendered:
    done = rig.render(made, bundled.di(), folder / "out.wav", tail_s=0.5, overwrite=True, bits=24)
    assert_type(done, rig.Rendered)
    assert_type(done.output_peak_dbfs, float)
    assert_type(done.notes, tuple[str, ...])
    return done


def live(made: rig.Sound) -> int:
    engine = rig.Engine(48000.0)
    made.play_on(engine)
    lane = made.lane(48000.0)
    assert_type(lane, rig.Lane)
    return engine.latency_samples


def ranking(dry: Path, wet: Path, models: list[Path]) -> list[tuple[str, float]]:
    comparison = rig.compare_models(dry, wet, models, workers=1)
    assert_type(comparison, rig.Comparison)
    return [(score.name, score.esr) for score in comparison.scores]


def main(folder: Path) -> None:
    made = sound()
    print(made, made.calibration, files(made, folder).output, arrays(made).shape, live(made))
    try:
        rig.Model.load(folder / "missing.nam")
    except rig.errors.ModelError as error:
        print(error)
    except rig.RigError:
        raise
    with_model = [bundled.models()[1]]
    print(ranking(bundled.di(), folder / "out.wav", with_model))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
