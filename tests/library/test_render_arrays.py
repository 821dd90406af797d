"""`Sound.render`: a guitar in memory sounds as the same guitar in a file."""

from __future__ import annotations

import re

import numpy as np
import pytest
from rigs import A2, NANO, RATE, guitar

import rig
from rig.audio import wav
from rig.files import bundled

STEREO = [[0.5, 0.1, 0.0], [0.0, 0.25, -0.1]]


def through_files(sound, x, rate, folder, **options):
    """The same by way of two files; the one that is read holds exactly these samples."""
    subtype = "FLOAT" if x.dtype == np.float32 else "DOUBLE"
    wav.write(folder / "in.wav", x, rate, subtype)
    rig.render(sound, folder / "in.wav", folder / "out.wav", **options)
    y = wav.read(folder / "out.wav").samples
    return y[:, 0] if y.shape[1] == 1 else y


@pytest.mark.parametrize("rate", [48000, 44100, 96000])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_an_array_gives_what_its_file_gives_bit_for_bit(rate, kind, tmp_path):
    sound = rig.Sound(rig.Model.load(NANO), rig.IR.load(bundled.irs()[0]), gate_dbfs=-50.0, rumble_hz=60.0)
    x = np.asarray(0.7 * guitar(rate // 2 + 17).astype(np.float64), kind)
    y = sound.render(x, rate, tail_s=0.25)
    assert (y.dtype, y.shape) == (np.float32, (len(x) + rate // 4,))
    np.testing.assert_array_equal(y, through_files(sound, x, rate, tmp_path, tail_s=0.25))
    assert np.abs(y).max() > 0.01


def test_more_than_a_second_is_rendered_as_one_signal(tmp_path):
    sound, x = rig.Sound(rig.Model.load(NANO)), guitar(2 * RATE + 5).astype(np.float32)
    np.testing.assert_array_equal(sound.render(x, RATE), through_files(sound, x, RATE, tmp_path))


def test_a_stereo_cabinet_gives_two_columns_and_a_mono_one_a_plain_array(tmp_path):
    x = guitar(RATE // 4).astype(np.float32)
    sound = rig.Sound(rig.Model.load(NANO), rig.IR.from_taps(STEREO, RATE))
    y = sound.render(x, RATE)
    assert y.shape == (len(x), 2)
    np.testing.assert_array_equal(y, through_files(sound, x, RATE, tmp_path, overwrite=True))
    left = rig.Sound(rig.Model.load(NANO), rig.IR.from_taps(STEREO[0], RATE)).render(x, RATE)
    assert left.shape == (len(x),)
    np.testing.assert_allclose(left, y[:, 0], atol=1e-6)  # the convolver groups what it adds by the number of channels


def test_one_column_is_one_channel_and_a_list_is_an_array():
    sound, x = rig.Sound(rig.Model.load(NANO)), guitar(3000)
    np.testing.assert_array_equal(sound.render(x[:, None], RATE), sound.render(x, RATE))
    np.testing.assert_array_equal(sound.render(list(x), float(RATE)), sound.render(x, RATE))


def test_a_sound_is_not_changed_by_rendering_and_each_render_begins_in_silence():
    sound, x = rig.Sound(rig.Model.load(A2)), guitar(RATE // 4)
    first = sound.render(x, RATE)
    np.testing.assert_array_equal(sound.render(x, RATE), first)
    assert sound.measured is None


def test_an_array_that_is_only_to_be_read_can_be_rendered():
    x = guitar(2000).astype(np.float32)
    x.flags.writeable = False
    before = x.copy()
    rig.Sound(output_trim_db=6.0).render(x, RATE)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        ("di.wav", "takes an array of floats, shape (n,), not str"),
        (None, "takes an array of floats, shape (n,), not None"),
        (np.zeros(9, np.int16), "not int16; divide by the full scale"),
        (np.zeros(9, np.complex64), "not an array of complex64"),
        (np.zeros(9, bool), "not an array of bool"),
        ([[1.0], [1.0, 2.0]], "takes an array of floats, shape (n,), not list"),
    ],
)
def test_what_is_no_array_of_floats_is_a_type_error_by_name(samples, sentence):
    with pytest.raises(TypeError, match=r"^Sound\.render\(samples=\.\.\.\) .*" + re.escape(sentence)) as error:
        rig.Sound().render(samples, RATE)
    assert isinstance(error.value, rig.RigError)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("samples", "rate", "tail_s", "sentence"),
    [
        (np.zeros(0), RATE, 0.0, "at least one sample"),
        (np.zeros((9, 2)), RATE, 0.0, "one channel, shape (n,) or (n, 1), not (9, 2); choose one, as in samples[:, 0]"),
        (np.zeros((1, 9)), RATE, 0.0, "not (1, 9); choose one, as in samples[0]"),
        (np.zeros((1, 1, 9)), RATE, 0.0, "not (1, 1, 9)"),
        (0.5, RATE, 0.0, "not ()"),
        (np.array([0.0, np.nan]), RATE, 0.0, "sample 1 is not a number"),
        (np.array([np.inf]), RATE, 0.0, "sample 0 is not a number or infinite"),
        (np.zeros(9), 0, 0.0, "takes a rate from 1000 to 1536000 Hz in whole Hz, not 0"),
        (np.zeros(9), float("nan"), 0.0, "not nan"),
        (np.zeros(9), 44100.5, 0.0, "in whole Hz, not 44100.5"),
        (np.zeros(9), -48000, 0.0, "not -48000"),
        (np.zeros(9), RATE, -1.0, "A tail of -1 s cannot be right"),
        (np.zeros(9), RATE, float("nan"), "A tail of nan s cannot be right"),
    ],
)
def test_what_cannot_be_rendered_is_refused_in_one_sentence(samples, rate, tail_s, sentence):
    with pytest.raises(rig.RigError, match=re.escape(sentence)) as error:
        rig.Sound().render(samples, rate, tail_s=tail_s)
    assert "\n" not in str(error.value)
