"""The tables of docs/raspberry-pi.md are those of the counts, and their arithmetic is right."""

import tomllib

import pytest
import raspberry_pi
from places import ROOT
from raspberry_pi import BOARDS, LIKELY, MOST, PAGE, RATE_HZ, Board, filled, share, shares_table, word

COUNTS = tomllib.loads((ROOT / "tests" / "arm" / "counts.toml").read_text(encoding="utf-8"))
NOTHING = {"instructions": 0, "simd": 0, "loads": 0, "stores": 0, "divisions": 0, "scalar_divisions": 0}


def test_the_tables_of_the_page_are_made_of_the_counts():
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page, COUNTS) == page


def test_every_shape_is_counted_for_both_boards():
    counted = [(each["name"], each["quality"], each["cpu"]) for each in COUNTS["counted"]]
    assert len(set(counted)) == len(counted)
    both = {
        cpu: {(name, quality) for name, quality, its in counted if its == cpu} for cpu in ("cortex-a72", "cortex-a76")
    }
    assert both["cortex-a72"] == both["cortex-a76"]
    names = {name for name, _ in both["cortex-a72"]}
    assert {"A1 standard", "A1 lite", "A1 feather", "A1 nano", "A2", "LSTM 1x16", "cabinet of 8192 taps"} <= names


@pytest.mark.parametrize(
    ("kind", "four", "five"),
    [
        ("instructions", 300 / 3, 300 / 4),
        ("simd", 300, 300 / 2),
        ("loads", 300, 300 / 2),
        ("stores", 2 * 300, 300),
        ("divisions", 300 * 34, 300 * 7),
    ],
)
def test_the_busiest_part_decides(kind, four, five):
    counted = NOTHING | {kind: 300}
    assert BOARDS[0].least_cycles(counted) == pytest.approx(four)
    assert BOARDS[2].least_cycles(counted) == pytest.approx(five)


def test_loads_and_stores_share_their_units_on_the_pi_5_alone():
    counted = NOTHING | {"loads": 100, "stores": 100}
    assert BOARDS[0].least_cycles(counted) == 200  # the stores alone
    assert BOARDS[2].least_cycles(counted) == 150


def test_a_core_that_is_busy_all_the_time_is_one_core():
    board = Board("a", "cortex-a76", 2.4, 4, 2.0, 2.0, 1.0, 7)
    assert share(board, 2.4e9 / RATE_HZ) == pytest.approx(1.0)
    assert [word(x) for x in (0.35, 0.36, 0.6, 0.61)] == ["yes", "tight", "tight", "no"]


def test_a_row_says_likely_least_and_most():
    counted = {"cpu": "cortex-a72", "name": "one", "quality": 2, "multiply_adds": 0, **NOTHING, "simd": 3125}
    five = counted | {"cpu": "cortex-a76"}
    head, _, row = shares_table({"counted": [counted, five]})
    assert head == "| of one core | Pi 4, 1.5 GHz | Pi 4, 1.8 GHz | Pi 5, 2.4 GHz |"
    assert (LIKELY, MOST) == (1.7, 3.0)
    assert row == "| one, quality 2x | 17 % (10 to 30) yes | 14 % (8 to 25) yes | 5 % (3 to 9) yes |"


def test_a_page_without_marks_is_not_half_written():
    with pytest.raises(ValueError):
        raspberry_pi.filled("no table here", COUNTS)
