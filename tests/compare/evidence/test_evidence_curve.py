"""The curve of detection over error: from real bundles, and from points whose truth is known."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from commandline import called
from evidence_files import BENT, HALF, blind_test, compared, listening_test, pair
from matplotlib import image

from rig.compare import significance
from rig.compare.evidence.bundle import Wishes, make
from rig.compare.evidence.detection import Curve, Point, curve, grouped
from rig.compare.evidence.detection_plot import plot
from rig.errors import CompareError

ENOUGH = significance.large_enough()


def points(count=9, answers=20, by="abx"):
    """Tests whose share of right answers rises with the error: 10 of 20, 11, 12, ... right."""
    return [
        Point(by, "b.zip", f"{i}.json", "x.nam", 10.0 ** (-4 + i / 3), min(answers, 10 + i), answers)
        for i in range(count)
    ]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return pair(tmp_path, 6.0)


# ---------------------------------------------------------------- groups
def test_tests_are_put_together_by_their_error_until_there_are_answers_enough():
    found = grouped(points(), True)
    assert [g.count for g in found] == [40, 40, 40, 60]  # what is left at the end joins the last
    assert [g.tests for g in found] == [2, 2, 2, 3]
    assert all(g.count >= ENOUGH for g in found)
    assert [g.told for g in found] == [21, 25, 29, 51]
    assert found[0].low == 1e-4 and found[0].measure == pytest.approx(10 ** (-4 + 1 / 6))
    assert found[0].interval == significance.confidence_interval(21, 40)
    assert sum(g.count for g in found) == sum(p.count for p in points())


def test_tests_of_one_error_are_never_torn_apart_and_the_answers_have_no_say():
    same = [Point("abx", "b", str(i), "x", 0.01, i % 2 * 30, 30) for i in range(6)]
    assert [g.count for g in grouped(same, True)] == [180]
    shuffled = list(np.random.default_rng(1).permutation(np.array(points(), object)))
    again = [Point(*p) if not isinstance(p, Point) else p for p in shuffled]
    assert grouped(again, True) == grouped(points(), True)


def test_a_perfect_null_and_decibels_have_their_place():
    assert grouped([Point("abx", "b", "1", "x", 0.0, 20, 40)], True)[0].measure == pytest.approx(1e-12)
    assert grouped([Point("abx", "b", "1", "x", -40.0, 20, 40)], False)[0].measure == -40.0


def test_too_little_is_no_curve_and_says_why():
    few = Curve("esr_matched", 2, tuple(points(3)), ())
    assert few.drawn == ()
    assert "60 answers for 1 places" in few.too_little and f"{ENOUGH} answers" in few.too_little
    assert "through two goes a line whatever is true" in few.too_little
    assert json.loads(json.dumps(few.to_json()))["drawn"] == []
    assert "no test with a figure" in Curve("esr_matched", 1, (), ()).too_little
    assert Curve("esr_matched", 2, tuple(points()), ()).drawn == ("abx",)


# ---------------------------------------------------------------- figures
def test_the_figure_states_its_sizes_and_is_a_picture(tmp_path):
    both = Curve("esr_matched", 4, (*points(), *points(12, 15, "listen")), ())
    assert both.drawn == ("abx", "listen")
    plot(both, tmp_path / "a.png")
    assert image.imread(tmp_path / "a.png").shape[2] in (3, 4)
    plot(both, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text().startswith("<svg")


# ---------------------------------------------------------------- from bundles
def test_bundles_become_points_each_test_once_and_broken_ones_are_left_out(desk, capsys):
    paths = [compared(desk, capsys)]
    esr = {each["file"]: each["esr_matched"] for each in json.loads(paths[0].read_text())["scores"]}
    tests = [blind_test(desk, 20, 40, f"{name}.json", name) for name in (HALF, BENT)]
    listening_test(desk, ("Ann", "Bert", "Cy"), worse=100)
    bundles = [desk / "a.zip", desk / "b.zip", desk / "c.zip", desk / "broken"]
    make(bundles[0], [*paths, tests[0]], Wishes(without_audio=True))
    make(bundles[1], [*paths, *tests], Wishes(without_audio=True))
    make(bundles[2], [desk / "listen"], Wishes(without_audio=True))
    make(bundles[3], [*paths, blind_test(desk, 40, 40, "edited.json")], Wishes())
    result = bundles[3] / "results" / "1-abx.json"
    result.write_text(result.read_text().replace("half.nam", "best.nam"))
    found = curve(bundles)
    by = {(point.by, point.candidate): point for point in found.points}
    assert set(by) == {(kind, name) for kind in ("abx", "listen") for name in (HALF, BENT)}
    assert len(found.points) == 4
    assert by["abx", HALF].measure == esr[HALF] and (by["abx", HALF].told, by["abx", HALF].count) == (20, 40)
    assert (by["listen", HALF].told, by["listen", HALF].count) == (3, 3)  # each gave it 95, and the reference 100
    assert (by["listen", BENT].told, by["listen", BENT].count) == (0, 3)  # who gives both 100 could not tell
    said = "\n".join(found.left_out)
    assert "half.nam.json: the same test is in a.zip already" in said
    assert "broken: left out, as results/1-abx.json was changed" in said
    assert found.drawn == ()
    done = called(capsys, "evidence", "curve", *bundles, "--png", desk / "x.png")
    assert done.returncode == 2 and "There is too little for a curve" in done.stderr
    assert not (desk / "x.png").exists()
    again = curve(bundles[:3], "spectral_difference_db")
    assert {point.measure for point in again.points if point.by == "abx"} != {esr[HALF], esr[BENT]}
    with pytest.raises(
        CompareError, match=r"No comparison in these bundles has a measure loudness; there are .*null_db"
    ):
        curve(bundles, "loudness")


def test_a_test_without_its_comparison_is_no_point(desk, capsys):
    make(desk / "a.zip", [blind_test(desk)], Wishes())
    found = curve([desk / "a.zip"])
    assert not found.points
    assert "no comparison in its bundle judged one side of it against the other" in found.left_out[0]


def test_listeners_who_are_screened_out_do_not_count(desk, capsys):
    from evidence_files import sit

    test = listening_test(desk, ("Ann",))
    bad = {"reference": 50, "low anchor": 100, "mid anchor": 100, HALF: 100, BENT: 100}
    sit(test, "Deaf", bad)
    make(desk / "a.zip", [desk / "listen"], Wishes(without_audio=True))
    assert {point.count for point in curve([desk / "a.zip"]).points} == {1}


def test_enough_bundles_are_drawn_with_their_sizes(desk, capsys):
    """Three models, far apart, each tested by somebody who hears more the farther off it is."""
    for number, (taps, right) in enumerate((([0.5], 20), ([0.1, 0.5], 30), ([0.4, 0.4], 39)), 1):
        model = desk / f"m{number}.nam"
        shutil.copy(desk / HALF, model)
        content = json.loads(model.read_text())
        content["weights"], content["config"]["receptive_field"] = taps, len(taps)
        model.write_text(json.dumps(content))
        result = compared(desk, capsys, f"c{number}.json", (model.name,))
        test = blind_test(desk, right, 40, f"t{number}.json", model.name)
        make(desk / f"{number}.zip", [result, test], Wishes(without_audio=True))
    bundles = sorted(desk.glob("?.zip"))
    done = called(capsys, "evidence", "curve", *bundles, "--png", desk / "curve.png")
    assert done.returncode == 0, done.stderr
    assert "120 answers in 3 blind tests, from 3 bundles" in done.stdout
    for share in ("50 %", "75 %", "98 %"):
        assert share in done.stdout
    assert (desk / "curve.png").is_file()
    told = json.loads(called(capsys, "evidence", "curve", *bundles, "--json").stdout)
    assert told["sample_sizes"]["abx"] == {"tests": 3, "count": 120} and len(told["points"]) == 3
