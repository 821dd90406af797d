"""`rig.render_batch`: many models on all cores sound as each does alone, bit for bit, in order, few at a time."""

from __future__ import annotations

import gc
import re
import weakref

import model_files
import numpy as np
import pytest

import rig
from rig.errors import ArgumentError, ModelError, RigError


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    made = {
        "small": model_files.wavenet([3, 2], dilations=(1, 2, 4)),
        "wide": model_files.wavenet([8], dilations=(1, 2, 4, 8), seed=1),
        "lstm": model_files.lstm(1, 8),
    }
    return [model_files.write(folder / f"{name}.nam", model) for name, model in made.items()]


def excerpts(count=3, samples=5000):
    return (np.random.default_rng(5).standard_normal((count, samples)) * 0.2).astype(np.float32)


@pytest.mark.parametrize("threads", [1, 2, 5, None])
def test_each_model_answers_as_it_does_alone_bit_for_bit_and_in_order(files, threads):
    models = [rig.Model.load(path) for path in files * 4]
    x = excerpts()[0]
    answers = list(rig.render_batch(models, x, threads=threads))
    assert len(answers) == len(models)
    for model, y in zip(models, answers, strict=True):
        assert (y.dtype, y.shape) == (np.float32, x.shape)
        np.testing.assert_array_equal(y, model.render(x))
    assert not np.array_equal(answers[0], answers[1])


def test_every_excerpt_begins_in_the_state_after_long_silence(files):
    x = excerpts()
    for path, y in zip(files, rig.render_batch(map(rig.Model.load, files), x), strict=True):
        assert y.shape == x.shape
        for excerpt, answer in zip(x, y, strict=True):
            np.testing.assert_array_equal(answer, rig.Model.load(path).render(excerpt))


def test_signals_longer_than_a_piece_and_of_other_kinds_are_played_whole(files):
    x = np.random.default_rng(0).standard_normal(150_000) * 0.1
    (y,) = rig.render_batch([rig.Model.load(files[2])], x)
    np.testing.assert_array_equal(y, rig.Model.load(files[2]).render(x))
    (nothing,) = rig.render_batch([rig.Model.load(files[0])], np.zeros(0))
    assert nothing.shape == (0,)
    (listed,) = rig.render_batch([rig.Model.load(files[0])], [0.1, 0.2])
    np.testing.assert_array_equal(listed, rig.Model.load(files[0]).render(np.array([0.1, 0.2])))
    assert list(rig.render_batch([], x)) == []


def test_what_is_written_into_the_signals_meanwhile_is_not_heard(files):
    x = excerpts()[0]
    kept, model = x.copy(), rig.Model.load(files[1])
    answers = rig.render_batch([model] * 6, x, threads=1)
    first = next(answers)
    x[:] = 0.9
    for y in (first, *answers):
        np.testing.assert_array_equal(y, model.render(kept))


def test_models_are_taken_as_they_are_needed_and_let_go(files):
    taken = []  # the weights: a model itself cannot be watched

    def loaded():
        for _ in range(40):
            model = rig.Model.load(files[0])
            taken.append(weakref.ref(model.leaf.weights))
            yield model

    most = 0
    for done, _ in enumerate(rig.render_batch(loaded(), excerpts()[0], threads=2), 1):
        assert len(taken) <= done + 4
        gc.collect()
        most = max(most, sum(one() is not None for one in taken))
    assert len(taken) == 40 and most <= 8


def test_whoever_leaves_early_waits_for_no_more_than_a_piece(files):
    given = []

    def endless():
        while True:
            given.append(rig.Model.load(files[1]))
            yield given[-1]

    answers = rig.render_batch(endless(), excerpts()[0], threads=2)
    assert next(answers).any()
    answers.close()
    assert len(given) < 10 and list(answers) == []


def test_a_model_that_cannot_play_is_an_error_in_its_place_or_raised(files, tmp_path):
    wrong = model_files.wavenet([2], dilations=(1,))
    wrong["weights"] = [1e30] * len(wrong["weights"])
    bad = rig.Model.load(model_files.write(tmp_path / "bad.nam", wrong))
    good, x = rig.Model.load(files[0]), excerpts()[0]
    first, error, last = rig.render_batch([good, bad, good], x, return_errors=True)
    assert isinstance(error, ModelError) and str(error).startswith("bad.nam: its answer to silence")
    np.testing.assert_array_equal(first, last)
    answers = rig.render_batch([good, bad, good], x)
    np.testing.assert_array_equal(next(answers), first)
    with pytest.raises(ModelError, match=r"bad\.nam: its answer to silence"):
        next(answers)


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "sentence"),
    [
        (("a.nam", [0.0]), {}, ArgumentError, "rig.render_batch(models=...) takes models, not str; load each with"),
        ((3, [0.0]), {}, ArgumentError, "rig.render_batch(models=...) takes several models, not int; write [...]"),
        (
            ([], [1, 2]),
            {},
            ArgumentError,
            "rig.render_batch(signals=...) takes an array of floats with full scale at 1",
        ),
        (([], np.zeros(3, np.int16)), {}, ArgumentError, "not an array of int16."),
        (([], [[0.1], [0.1, 0.2]]), {}, RigError, "takes excerpts of one length; these have several."),
        (([], np.zeros((1, 2, 3))), {}, RigError, "takes an array of shape (n,) or (count, n), not (1, 2, 3)."),
        (([], [0.0]), {"threads": 0}, RigError, "rig.render_batch(threads=...) takes a whole number from 1, not 0."),
        (([], [0.0]), {"return_errors": 1}, ArgumentError, "rig.render_batch(return_errors=...) takes True or False"),
    ],
)
def test_what_is_of_the_wrong_kind_is_one_sentence(arguments, options, kind, sentence):
    with pytest.raises(kind, match=re.escape(sentence)):
        list(rig.render_batch(*arguments, **options))
