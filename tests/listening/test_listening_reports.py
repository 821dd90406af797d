"""What a listening test comes to: figures, who counts, and sentences that claim no more than that."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from heard_tests import FIXED, listened, small_test
from mushra_by_hand import interval, quartiles, wilcoxon_p

from rig.compare.listening import report
from rig.compare.listening.box_plot import draw_boxes
from rig.compare.listening.wording import finding, notes_on, sentences_on
from rig.errors import CompareError, FileError

REFERENCE, LOW, MID, A, B = range(5)


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(os, "fsync", lambda _: None)  # whether the disk has it is looked at in test_sittings.py


def panel(folder, listeners, means, *, spread=3, seed=1, sections=3, notes=()):
    """A test that so many have sat, who rate about `means` of the conditions; the hidden reference 100."""
    test = small_test(folder, candidates=len(means) - 3, sections=sections, notes=notes)

    def score(k, section, c):
        if c == REFERENCE:
            return 100
        drawn = np.random.default_rng([seed, k, section, c]).normal(means[c], spread)  # whatever order was drawn
        return int(np.clip(round(drawn), 0, 100))

    for k in range(listeners):
        listened(test, f"l{k}", lambda section, c, k=k: score(k, section, c))
    return test


def of(found, name):
    return next(each for each in found.heard if each.condition.name == name)


def test_the_figures_are_those_of_the_scores(tmp_path):
    found = report(panel(tmp_path / "t", 7, [100, 20, 60, 80, 70]))
    cube = np.array([found.scores[name] for name in found.counting])
    assert cube.shape == (7, 3, 5)
    assert found.ratings == cube.size
    for number, each in enumerate(found.heard):
        scores = cube[:, :, number]
        spread = each.spread
        assert (spread.lower_quartile, spread.median, spread.upper_quartile) == quartiles(scores.ravel().tolist())
        assert spread.mean == pytest.approx(scores.mean())
        if number != REFERENCE:
            assert each.mean_interval == pytest.approx(interval(scores.mean(axis=1).tolist()), abs=1e-6)
        assert [s.mean for s in each.by_section] == pytest.approx(scores.mean(axis=0))
    pair = next(pair for pair in found.pairs if (pair.first, pair.second) == (REFERENCE, A))
    differences = cube.mean(axis=1)[:, REFERENCE] - cube.mean(axis=1)[:, A]
    assert pair.difference == pytest.approx(differences.mean())
    assert pair.interval == pytest.approx(interval(differences.tolist()), abs=1e-6)
    assert pair.p == pytest.approx(wilcoxon_p([round(each, 9) for each in differences.tolist()]))


def test_a_difference_that_seven_hear_is_said_and_for_whom_it_holds(tmp_path):
    found = report(panel(tmp_path / "t", 7, [100, 20, 60, 85, 70]))
    said = sentences_on(found)
    assert said[0].startswith("a.nam: mean 8")
    assert "below the hidden reference (95 %: " in said[0]
    assert "p = 0.016: a difference was heard." in said[0]
    assert "a.nam was rated" in said[2]
    assert "above b.nam" in said[2]
    assert "holds for these 7 listeners" in said[-1]
    assert [finding(found, pair) for pair in found.pairs] == ["heard"] * 3


def test_a_difference_that_nobody_hears_is_not_said_to_be_none(tmp_path):
    test = small_test(tmp_path / "t")

    def score(k, section, c):
        if c == (REFERENCE, A, B)[k % 3]:  # each takes another one for the reference
            return 100
        return [0, 20, 60, 0, 0][c] or 91 + (k + 2 * section + c) % 9

    for k in range(9):
        listened(test, f"l{k}", lambda section, c, k=k: score(k, section, c))
    found = report(test)
    assert [finding(found, pair) for pair in found.pairs] == ["not shown"] * 3
    said = " ".join(sentences_on(found))
    assert "no difference was shown, which does not show that there is none" in said
    assert "Between any two of the candidates no difference was shown; that is not to say that there is none." in said
    assert "a difference was heard" not in said
    assert any("keener (rig ab --trials)" in note for note in notes_on(found))


def test_few_listeners_show_nothing_however_they_agree(tmp_path):
    found = report(panel(tmp_path / "t", 3, [100, 20, 60, 50, 40], spread=0))
    assert {finding(found, pair) for pair in found.pairs} == {"too few"}
    said = " ".join(sentences_on(found))
    assert "Too few to show anything beyond chance" in said
    assert "3 listeners are too few to show a difference" in said
    assert "25 % of such tests; at least 6 are needed" in said
    assert "was heard" not in said


def test_one_listener_alone_speaks_for_himself_over_his_sections(tmp_path):
    few = report(panel(tmp_path / "few", 1, [100, 20, 60, 50, 40], spread=0))
    assert few.blocks == "sections"
    assert "fewer than 6 sections can show nothing" in sentences_on(few)[-1]
    many = report(panel(tmp_path / "many", 1, [100, 20, 60, 50, 40], sections=8))
    assert [finding(many, pair) for pair in many.pairs] == ["heard"] * 3
    assert sentences_on(many)[-1] == "All of it holds for one listener, l0, over 8 sections."


def test_bad_listeners_are_left_out_and_named(tmp_path):
    test = panel(tmp_path / "t", 6, [100, 20, 60, 85, 70], sections=5, notes=["PROBLEM of the take: it drifts"])
    listened(test, "guesses", lambda section, c: [60, 100, 60, 60, 60][c] if section == 2 else [100, 9, 9, 9, 9][c])
    listened(test, "deaf", lambda _, c: [100, 20, 100, 0, 0][c])
    listened(test, "hasty", lambda _, c: [100, 20, 60, 80, 70][c], training=False)
    listened(test, "gone", lambda _, c: [100, 20, 60, 80, 70][c], stop_after=2)
    found = report(test)
    assert set(found.scores) - set(found.counting) == {"guesses", "deaf"}
    assert "gone" not in found.scores
    assert of(found, "a.nam").spread.mean > 80  # theirs would have pulled it down
    notes = "\n".join(notes_on(found))
    assert "guesses is left out: hidden reference below 90 in 1 of 5 sections (BS.1534-3, 4.1.2)" in notes
    assert "deaf is left out: mid anchor above 90 in 5 of 5 sections" in notes
    assert "without the training, which BS.1534-3 (5.2) demands: hasty" in notes
    assert "not finished, and not counted: gone" in notes
    assert "7 of the 20 listeners" in notes
    assert "PROBLEM of the take: it drifts" in notes


def test_where_all_are_left_out_nothing_is_said(tmp_path):
    test = small_test(tmp_path / "t")
    listened(test, "guesses", lambda _, c: [50, 100, 60, 60, 60][c])
    found = report(test)
    assert found.heard == ()
    assert sentences_on(found) == [
        "All listeners were left out by the post-screening: no score of this test says anything."
    ]
    assert "NaN" not in json.dumps(found.to_json())
    with pytest.raises(CompareError, match="no scores to draw"):
        draw_boxes(found, tmp_path / "x.svg")


def test_a_scale_that_was_used_upside_down_and_two_opinions_are_told(tmp_path):
    test = small_test(tmp_path / "t", sections=4)
    for k in range(6):
        listened(test, f"l{k}", lambda s, c, k=k: [100, 60, 20, [10, 95][k % 2], 50 + s][c])
    notes = "\n".join(notes_on(report(test)))
    assert "low anchor was rated above the mid anchor" in notes
    assert "more than one opinion about a.nam" in notes


def test_a_report_is_plain_data_and_a_picture(tmp_path):
    test = panel(tmp_path / "t", 6, [100, 20, 60, 85, 70])
    found = report(test)
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert data["state"] == "ok"
    assert data["conditions"][3] == {"kind": "candidate", "name": "a.nam"}
    assert len(data["scores"]["l0"]) == 3
    assert data["sentences"] == list(found.sentences)
    assert [each["condition"]["name"] for each in data["heard"]] == [name for _, name in FIXED] + ["a.nam", "b.nam"]
    draw_boxes(found, tmp_path / "boxes.svg")
    assert ET.parse(tmp_path / "boxes.svg").getroot().tag.endswith("svg")
    draw_boxes(found, tmp_path / "boxes.png")
    assert (tmp_path / "boxes.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(FileError, match="exists already"):
        draw_boxes(found, tmp_path / "boxes.png")
