"""Whether anything that a client of a sitting sees gives the hidden reference away: measured over many draws.

The samples themselves are left out of it: they are what is to be heard, and whoever subtracts the open reference from
each of them finds the hidden one, as whoever listens to both may.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter

import numpy as np
import pytest
from heard_tests import order_of, small_test
from scipy.stats import binomtest, chisquare

from rig.compare.listening import Sitting
from rig.compare.listening.sealing import Order, keys_directory, opened, sealed

DRAWS = 200
SURE = 1e-4  # of one of the looks below, by chance: all of them together fail once in hundreds of runs


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """Of many listeners' first screens: all that a client gets by position, and where the hidden reference was."""
    patched = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("blind")
    patched.setenv("XDG_DATA_HOME", str(folder / "data"))
    patched.setattr(os, "fsync", lambda _: None)
    test = small_test(folder / "listen-x", candidates=3, sections=2, samples=800)
    found = []
    for number in range(DRAWS):
        with Sitting.open(test, f"l{number}") as sitting:
            sitting.leave_out_training()
            view, took, wavs = sitting.view(), [], []
            reference = sitting.wav(None)
            for position in range(view.positions):
                began = time.perf_counter_ns()
                wavs.append(sitting.wav(position))
                took.append(time.perf_counter_ns() - began)
            secret = order_of(sitting)
            found.append(
                {
                    "hidden": secret.index(0),
                    "order": secret,
                    "screens": sitting._order.screens,
                    "view": view,
                    "wavs": wavs,
                    "reference": reference,
                    "took": took,
                    "file": json.loads(sitting.path.read_text()),
                    "bytes": sitting.path.stat().st_size,
                }
            )
    patched.undo()
    return found


def samples_of(wav):
    raw = np.frombuffer(wav[44:], np.uint8).reshape(-1, 3)
    return ((raw[:, 0] + 256 * raw[:, 1].astype(int) + 65536 * raw[:, 2].astype(int) + 2**23) % 2**24 - 2**23) / 2**23


def hits(seen, feature):
    """How often the position with the largest, and the smallest, of a feature is the hidden reference."""
    rng, largest, smallest = random.Random(5), 0, 0
    for each in seen:
        values = feature(each)
        for extreme in (max, min):
            best = extreme(values)
            guess = rng.choice([i for i, value in enumerate(values) if value == best])
            largest += extreme is max and guess == each["hidden"]
            smallest += extreme is min and guess == each["hidden"]
    return largest, smallest


LOOKS = {
    "the bytes of its file": lambda each: [len(wav) for wav in each["wavs"]],
    "the head of its file": lambda each: [wav[:44] for wav in each["wavs"]],
    "the time it takes to come": lambda each: each["took"],
    "its place": lambda each: list(range(len(each["wavs"]))),
    "its hash": lambda each: [hash(wav) for wav in each["wavs"]],
    "what is shown of it": lambda each: [each["view"].heard[i] for i in range(each["view"].positions)],
}


@pytest.mark.parametrize("what", LOOKS)
def test_the_hidden_reference_is_told_no_better_than_by_chance_from(seen, what):
    positions = seen[0]["view"].positions
    for right in hits(seen, LOOKS[what]):
        assert binomtest(right, len(seen), 1 / positions).pvalue > SURE, f"{right} of {len(seen)}"


def test_no_file_is_that_of_the_open_reference_and_all_have_the_same_length(seen):
    for each in seen:
        everything = [each["reference"], *each["wavs"]]
        assert len({len(wav) for wav in everything}) == 1
        assert len(set(everything)) == len(everything)  # each has dither of its own
        assert len({wav[:44] for wav in everything}) == 1


def test_the_hidden_reference_sounds_as_the_open_one_to_the_last_step_of_24_bits(seen):
    for each in seen[:20]:
        reference = samples_of(each["reference"])
        differences = [np.abs(samples_of(wav) - reference).max() * 2**23 for wav in each["wavs"]]
        assert differences[each["hidden"]] <= 4  # steps: dither of one and rounding, twice
        assert sum(difference > 4 for difference in differences) == len(differences) - 1


def test_every_order_is_as_likely_as_any_other(seen):
    positions = seen[0]["view"].positions
    for condition in range(positions):
        places = Counter(each["order"].index(condition) for each in seen)
        assert chisquare([places[place] for place in range(positions)]).pvalue > SURE
    assert binomtest(sum(each["screens"] == (0, 1) for each in seen), len(seen)).pvalue > SURE
    drawn = Counter(Order.drawn(1, 3).positions[0] for _ in range(1200))
    assert len(drawn) == 6
    assert chisquare(list(drawn.values())).pvalue > SURE


def test_the_file_of_an_unfinished_sitting_tells_nothing(seen):
    assert len({each["bytes"] for each in seen if len(each["file"]["listener"]) == 4}) == 1
    assert len({len(each["file"]["sealed"]) for each in seen}) == 1
    first = np.array([list(bytes.fromhex(each["file"]["sealed"])) for each in seen])
    ones = np.unpackbits(first.astype(np.uint8), axis=1)
    assert binomtest(int(ones.sum()), ones.size).pvalue > SURE
    # no byte of it goes with the place of the hidden reference
    hidden = np.array([each["hidden"] for each in seen], float)
    correlations = [abs(np.corrcoef(column, hidden)[0, 1]) for column in first.T.astype(float)]
    assert max(correlations) < 5.0 / len(seen) ** 0.5


def test_a_promise_cannot_be_looked_up_since_a_salt_is_in_it(seen):
    assert len({each["file"]["promise"] for each in seen}) == len(seen)
    order = Order.drawn(3, 5)
    (one, pad), (other, _) = sealed(order, "ab" * 32), sealed(order, "ab" * 32)
    assert one != other
    assert opened(one, pad, 3, 5) == (order, "ab" * 32)
    with pytest.raises(ValueError, match=r".+"):
        opened(other, pad, 3, 5)
    assert keys_directory().name == "listen"


def test_a_view_holds_no_name_no_number_of_a_section_and_no_hash(seen):
    for each in seen[:3]:
        shown = repr(each["view"])
        assert not [name for name in ("wet", "nam", "low", "section", "reference'", "sha") if name in shown]
