"""Statistics of blind tests, against scipy and against an independent computation; figures, against their edits."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from math import comb

import pytest
from evidence_files import BENT, HALF, blind_test, compared, pair, read_json
from scipy.stats import beta, binomtest

from rig.cli import main
from rig.compare import significance
from rig.compare.abx_file import commitment, linked
from rig.compare.evidence.blind import counted
from rig.compare.evidence.bundle import Wishes, make
from rig.compare.evidence.check import check
from rig.compare.evidence.container import measured
from rig.compare.evidence.private import without_folders, without_paths
from rig.compare.evidence.replay import agree
from rig.compare.evidence.seal import as_written, sealed
from rig.library.entered_levels import remember_input_level
from rig.nam import Model

CASES = [(k, n) for n in (1, 2, 5, 8, 16, 37, 100, 1000) for k in {0, 1, n // 2, 2 * n // 3, n - 1, n} if 0 <= k <= n]


# ---------------------------------------------------------------- blind tests
@pytest.mark.parametrize(("right", "trials"), CASES)
def test_probability_and_interval_are_those_of_scipy_and_of_exact_sums(right, trials):
    order = "AB" * trials
    answers = "".join(x if i < right else "AB"[x == "A"] for i, x in enumerate(order[:trials]))
    found = counted(order[:trials], answers)
    exact = Fraction(sum(comb(trials, k) for k in range(right, trials + 1)), 2**trials)
    assert found.right == right
    assert found.p_value == pytest.approx(float(exact), rel=1e-9)
    assert significance.p_value(right, trials) == pytest.approx(float(exact), rel=1e-12)
    assert binomtest(right, trials, 0.5, alternative="greater").pvalue == pytest.approx(float(exact), rel=1e-9)
    low, high = significance.confidence_interval(right, trials)
    assert found.interval == pytest.approx((low, high), abs=1e-9)
    # Clopper and Pearson by their quantiles, and by what they mean: at each end the other tail is 2.5 %.
    assert low == pytest.approx(beta.ppf(0.025, right, trials - right + 1) if right else 0.0, abs=1e-9)
    assert high == pytest.approx(beta.ppf(0.975, right + 1, trials - right) if right < trials else 1.0, abs=1e-9)
    for rate, count in ((low, range(right, trials + 1)), (high, range(right + 1))):
        if 0.0 < rate < 1.0:
            tail = sum(comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in count)
            assert tail == pytest.approx(0.025, rel=1e-6)


def test_a_worked_example_of_the_binomial_test():
    """From the manual of scipy.stats.binomtest: a maker says that 10 % are faulty; 3 of 15 are, p = 0.18406 one-sided.

    It shows that scipy is asked in the right direction; `significance` knows 1/2 only, where 3 of 4 are 5/16 by hand.
    """
    assert binomtest(3, 15, 0.1, alternative="greater").pvalue == pytest.approx(0.18406106910639114, rel=1e-9)
    assert significance.p_value(3, 4) == 5 / 16


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return pair(tmp_path, 0.5)


def edited_in_a_folder(folder, member, change):
    """A bundle in a folder whose result was edited by somebody who made every hash anew."""
    path = next(folder.glob(member))
    path.write_bytes(as_written(sealed(change(read_json(path)))))
    manifest = read_json(folder / "manifest.json")
    for each in manifest["members"]:
        if each["name"] == path.relative_to(folder).as_posix():
            found = measured("x", path)
            each["bytes"], each["sha256"] = found.size, found.sha256
    (folder / "manifest.json").write_bytes(as_written(sealed(manifest)))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda d: {**d, "right": 16}, "the figures in it are not those of its answers"),
        (
            lambda d: {**d, "order": d["order"][::-1] if d["order"] != d["order"][::-1] else "A" * 16},
            "the hash differs",
        ),
        (lambda d: {**d, "answers": d["answers"][:-1]}, "answers are missing"),
        (lambda d: {**d, "setup": {**d["setup"], "sides": ["x", "y"]}}, "the hash differs"),
        (lambda d: {**d, "answers": [{**d["answers"][0], "at": "never"}, *d["answers"][1:]]}, "answer 1 was changed"),
        (lambda d: {k: v for k, v in d.items() if k != "order"}, "is not finished|hash differs|missing"),
    ],
)
def test_a_blind_test_that_was_edited_and_hashed_anew_does_not_agree(desk, change, why):
    make(desk / "b", [blind_test(desk)], Wishes())
    edited_in_a_folder(desk / "b", "results/1-abx.json", change)
    found = check(desk / "b")
    assert found.state == "fail"
    failed = " ".join(line.text for line in found.lines if line.state == "fail")
    assert re.search(why, failed), failed


def test_an_earlier_result_whose_promise_covers_paths_is_checked_by_its_order(desk):
    """Schema 2 promised its command with all paths, so that without them only the order can be held against it."""
    data = read_json(blind_test(desk))
    data["schema"] = 2
    del data["seal"]
    data["commitment"] = before = commitment(data["order"], data["salt"], data["setup"])
    for entry in data["answers"]:
        entry["link"] = before = linked(before, entry["trial"], entry["answer"], entry["at"])
    data["id"] = "ab12"
    (desk / "old.json").write_text(json.dumps(data))
    make(desk / "b", [desk / "old.json"], Wishes())
    assert b"private:port_3" not in (desk / "b" / "results" / "1-abx.json").read_bytes()
    lines = check(desk / "b").lines
    assert any("the order fits the promise" in line.text and line.state == "unknown" for line in lines)
    assert not [line for line in lines if line.state == "fail"]
    edited_in_a_folder(desk / "b", "results/1-abx.json", lambda d: {**d, "salt": "00" * 32})
    assert any("its order is not the one that was promised" in line.text for line in check(desk / "b").lines)


# ---------------------------------------------------------------- figures
def test_figures_are_computed_anew_and_an_edited_one_does_not_agree(desk, capsys):
    make(desk / "b", [compared(desk, capsys)], Wishes())
    assert check(desk / "b").state == "ok"

    def better(data):
        next(score for score in data["scores"] if score["file"] == HALF)["esr_matched"] *= 0.97
        return data

    edited_in_a_folder(desk / "b", "results/1-compare.json", better)
    found = check(desk / "b")
    told = {line.about: (line.state, line.text) for line in found.lines}
    assert told[f"1 compared.json, {HALF}"][0] == "fail" and "esr_matched" in told[f"1 compared.json, {HALF}"][1]
    assert told[f"1 compared.json, {BENT}"][0] == "ok"
    edited_in_a_folder(desk / "b", "results/1-compare.json", lambda data: {**data, "samples": 7})
    assert any("the take differs: samples 7, now 24000" in line.text for line in check(desk / "b").lines)


def test_another_model_in_place_of_the_one_that_was_judged_is_found(desk, capsys):
    """By who made all hashes anew: it has another hash than the result states, or the result other figures."""
    make(desk / "b", [compared(desk, capsys, models=(HALF,))], Wishes())
    model = next((desk / "b").rglob(HALF))
    model.write_text(model.read_text().replace("0.5", "0.45"))
    manifest = read_json(desk / "b" / "manifest.json")
    for each in manifest["members"]:
        found = measured("x", desk / "b" / each["name"])
        each["bytes"], each["sha256"] = found.size, found.sha256
    (desk / "b" / "manifest.json").write_bytes(as_written(sealed(manifest)))
    lines = {line.about: line for line in check(desk / "b").lines}
    assert lines[f"1 compared.json, {HALF}"].state == "unknown"
    assert "the file is not in the bundle" in lines[f"1 compared.json, {HALF}"].text


def test_the_input_gain_is_that_of_the_comparison_whatever_this_machine_knows(desk, capsys):
    """A level that the player entered for a model is nowhere in a bundle; the gain that came of it is."""
    remember_input_level(Model.load(desk / HALF).heard_hash, HALF, 6.0)
    words = ["compare", *(str(desk / each) for each in ("dry.wav", "wet.wav", HALF)), "--capture-dbu", "9"]
    capsys.readouterr()
    assert main([*words, "--json"]) == 0
    (desk / "c.json").write_text(capsys.readouterr().out)
    assert read_json(desk / "c.json")["scores"][0]["input_gain_db"] == pytest.approx(3.0)
    make(desk / "b", [desk / "c.json"], Wishes())
    remember_input_level(Model.load(desk / HALF).heard_hash, HALF, 1.0)
    assert check(desk / "b").state == "ok"


@pytest.mark.parametrize(
    ("name", "stated", "again", "is_same"),
    [
        ("esr_matched", 0.0100, 0.01009, True),
        ("esr_matched", 0.0100, 0.0103, False),
        ("esr", 1e-15, 3e-12, True),
        ("null_db", -20.0, -20.04, True),
        ("null_db", -20.0, -20.1, False),
        ("null_db", -150.0, -120.0, True),
        ("null_db", 1e308, -20.0, False),
        ("lag_samples", 6.68, 6.69, True),
        ("lag_samples", 6.68, 6.71, False),
        ("gain_db", 1.0, 1.04, True),
        ("gain_db", 1.0, 1.06, False),
        ("polarity", 1, -1, False),
        ("null_by_octave_db", {"500": -20.0, "1000": None}, {"500": -20.01, "1000": None}, True),
        ("null_by_octave_db", {"500": -20.0}, {"500": -20.0, "1000": None}, False),
        ("esr_trainer", None, 0.1, False),
        ("something_new", 5.0, 5.004, True),
        ("something_new", 5.0, 5.1, False),
    ],
)
def test_figures_agree_as_near_as_they_can_on_another_processor(name, stated, again, is_same):
    assert agree(name, stated, again) is is_same


# ---------------------------------------------------------------- privacy
@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("/home/ann/a.nam", "a.nam"),
        ("/home/ann/my models/a b.nam", "a b.nam"),
        ("C:\\Users\\Ann\\a.nam", "a.nam"),
        ("~/rig/a.nam", "a.nam"),
        ("it is in /home/ann/rig/a.nam, and 3/4 of it", "it is in a.nam, and 3/4 of it"),
        ("lead/a.nam", "lead/a.nam"),
        ("12.2 dBu (entered) - 15.0 dBu = -2.8 dB", "12.2 dBu (entered) - 15.0 dBu = -2.8 dB"),
        ("see https://example.org/a/b.html", "see https://example.org/a/b.html"),
    ],
)
def test_folders_are_left_out_and_nothing_else(text, bare):
    assert without_folders(text) == bare
    assert without_paths({"a": [text]}) == {"a": [bare]}
