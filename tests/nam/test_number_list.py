"""Weights are read by a loop of our own, and nobody can tell: the same numbers, the same sentences, file by file."""

import json
import os
import random
from pathlib import Path

import numpy as np
import pytest
from places import SHARED

from rig.errors import ModelError
from rig.nam.format import file as file_module
from rig.nam.format import number_list
from rig.nam.format.file import parsed
from rig.nam.format.limits import MAX_WEIGHTS
from rig.nam.format.number_list import NumberList, take_lists
from rig.nam.format.weights import read_weights

ODD = (
    *("0", "-0", "-0.0", "0.0", "0e5", "-0e5", "1", "-1", "01", "-01", "1.", "1.e5", ".5", "+1", "1e", "1e+", "1e-"),
    *("1e400", "1e39", "3.4028235e38", "3.4028236e38", "3.5e38", "1e-38", "1.1754943508222875e-38", "1e-45", "1e-400"),
    *("-", "--1", "0x1F", "1_0", "NaN", "Infinity", "-Infinity", "true", "null", "[]", "{}", '"x"', "1 2", "1,,2"),
    *("9" * 18, "9" * 19, "9" * 20, "9" * 300, "9" * 5000, "0." + "3" * 100, "0." + "3" * 400, "1" + "0" * 66),
    *("0." + "0" * 60 + "1", "0." + "0" * 70 + "1", "16777217", "33554433", "1.000000059604644775390625"),
    *("1.00000005960464477539062500000000000001", "1E5", "1E+5", "1\x00", "1\u00a0", "\u0661", "\t1\n", "1\x0b"),
)
ENDS = ("]}", "]", "", "] }x", "]} x", '],"weights":[1]}', ']}\u00e9"}', '],"name":"NaN"}', '],"x":NaN}', "}", ",]}")


@pytest.fixture(scope="module", autouse=True)
def compiled():
    number_list.read_numbers.compile()
    assert number_list._is_compiled()


def outcome(data):
    """What comes of a text: its weights, bit by bit, and its warnings, or the sentence."""
    try:
        root, _ = parsed(Path("x.nam"), data)
        return read_weights(root).tobytes(), root.found.warnings
    except ModelError as error:
        return str(error)


def the_long_way(data, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(file_module, "take_lists", lambda data, most: (data, []))
        return outcome(data)


def number(rng):
    """One of any kind, as a text."""
    kind = rng.randrange(8)
    if kind == 0:
        return rng.choice(ODD)
    if kind == 1:
        return f"{rng.gauss(0, 1):.9g}"
    if kind == 2:
        return repr(rng.gauss(0, 1) * 10 ** rng.randrange(-50, 45))
    if kind == 3:
        return str(rng.randrange(-(10 ** rng.randrange(1, 25)), 10 ** rng.randrange(1, 25)))
    if kind == 4:
        return f"{rng.uniform(-10, 10):.{rng.randrange(40)}{rng.choice('fe')}}"
    if kind == 5:  # beside the middle of two neighbours in float32, where a rounding may go either way
        low = np.float32(rng.gauss(0, 1))
        middle = (float(low) + float(np.nextafter(low, np.float32(9)))) / 2
        return repr(middle + rng.choice([0, 1, -1, 3, -3, 20, -20]) * 2.0**-53 * abs(middle))
    return repr(rng.uniform(-1, 1))


def test_any_text_comes_out_as_the_long_way(monkeypatch):
    seed = int(os.environ.get("RIG_SEED", "21"))
    rng, quick, read = random.Random(seed), 0, 0
    for _ in range(3000):
        values = [number(rng) if rng.random() < 0.3 else repr(rng.uniform(-1, 1)) for _ in range(rng.choice([1, 2, 9]))]
        begin = rng.choice(
            ['{"weights": [', '{"weights"\n:\t[ ', '\ufeff{"weights":[', '{"a\\"weights": [1], "weights": [']
        )
        data = (begin + rng.choice([",", ", ", " ,\n"]).join(values) + rng.choice((*("]}",) * 20, *ENDS))).encode()
        found = outcome(data)
        assert found == the_long_way(data, monkeypatch), (seed, data)
        quick += bool(take_lists(data, MAX_WEIGHTS)[1])
        read += isinstance(found, tuple)
    assert 1000 < quick <= read + 500  # it is not the long way that was looked at twice


@pytest.mark.parametrize("value", ODD)
def test_each_odd_number_comes_out_as_the_long_way(value, monkeypatch):
    for values in (value, f"0.5,{value}", f"{value},0.5"):
        data = f'{{"weights": [{values}]}}'.encode()
        assert outcome(data) == the_long_way(data, monkeypatch)


@pytest.mark.parametrize("end", ENDS)
def test_whatever_stands_behind_the_list_comes_out_as_the_long_way(end, monkeypatch):
    data = f'{{"weights": [0.25{end}'.encode()
    assert outcome(data) == the_long_way(data, monkeypatch)


def test_what_looks_like_weights_in_a_text_is_a_text(monkeypatch):
    for name in ('\\"weights\\": [1, 2]', 'x\\\\\\"weights\\": [1, 2]', '\\"weights", "y": [1], "z": "'):
        data = f'{{"name": "{name}", "weights": [0.5]}}'.encode()
        assert outcome(data) == the_long_way(data, monkeypatch)
        assert json.loads(data)["name"]


def test_a_list_that_is_too_long_is_left_to_python():
    data = b'{"weights": [' + b",".join([b"1"] * 5) + b"]}"
    assert take_lists(data, 4) == (data, [])
    rest, (found,) = take_lists(data, 5)
    assert rest == b'{"weights": NaN}' and isinstance(found, NumberList) and found.numbers.tolist() == [1.0] * 5
    assert not found.numbers.flags.writeable


def test_the_sentence_about_too_many_weights_is_the_same(monkeypatch):
    data = b'{"weights": [' + b",".join([b"1"] * (MAX_WEIGHTS + 1)) + b"]}"
    assert "more than the 500000 weights" in outcome(data) and outcome(data) == the_long_way(data, monkeypatch)


@pytest.mark.skipif(not (SHARED / "reference" / "models").is_dir(), reason="no reference models here")
def test_all_weights_of_real_files_are_read_that_way(monkeypatch):
    for path in sorted((SHARED / "reference" / "models").glob("*.nam")):
        data = path.read_bytes()
        rest, lists = take_lists(data, MAX_WEIGHTS)
        assert len(lists) == data.count(b'"weights"') - rest.count(b'"weights": []') > 0
        assert outcome(data) == the_long_way(data, monkeypatch)


def test_nobody_waits_for_a_compiler_to_read_a_file(monkeypatch):
    monkeypatch.setattr(number_list, "_compiled", False)
    monkeypatch.setattr(number_list, "read_numbers", type("Nothing", (), {"is_kept": False}))
    assert take_lists(b'{"weights": [1]}', 9) == (b'{"weights": [1]}', [])
