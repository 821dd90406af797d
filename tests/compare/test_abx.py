"""The blind test: its statistics, its secrets, and what a crash or a forger can do to it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from scipy.stats import binomtest

from rig.compare import significance
from rig.compare.abx import BlindTest, check
from rig.compare.abx_file import commitment
from rig.compare.evidence.seal import as_written, sealed
from rig.compare.significance import Verdict, needed, needed_in_words
from rig.errors import CompareError


# ---------------------------------------------------------------- statistics
@pytest.mark.parametrize("trials", [1, 5, 10, 16, 25, 100, 400])
def test_p_values_and_intervals_equal_those_of_scipy(trials):
    for right in range(0, trials + 1, max(1, trials // 16)):
        reference = binomtest(right, trials, 0.5, alternative="greater")
        assert significance.p_value(right, trials) == pytest.approx(reference.pvalue, rel=1e-9)
        interval = binomtest(right, trials, 0.5).proportion_ci(0.95, "exact")
        assert significance.confidence_interval(right, trials) == pytest.approx((interval.low, interval.high), abs=1e-9)


def test_twelve_of_sixteen_counts_and_eleven_does_not():
    assert significance.needed(16) == 12
    assert significance.needed(4) is None  # not even all four
    assert "most likely heard a difference" in Verdict.of(12, 16).sentence
    said = Verdict.of(11, 16).sentence
    assert "shows no difference" in said
    assert "does not show that there is none" in said
    assert "10.5 %" in said  # 11 of 16 by guessing
    assert "45.0 %" in said  # power at 0.7: binomial tail 12..16


def test_the_sentence_does_not_claim_more_than_was_tested():
    assert "does not say which of the two is better" in Verdict.of(16, 16).sentence
    assert "less than 0.1 %" in Verdict.of(16, 16).sentence


# ---------------------------------------------------------------- the course of a test
@pytest.fixture
def begun(tmp_path):
    return BlindTest.begin(tmp_path / "test.json", 8, {"model": "nano.nam"}, keys=tmp_path / "keys")


def finish(test, right=None):
    while not test.is_finished:
        wrong = "B" if test.x == "A" else "A"
        test.answer(test.x if right is None or test.answered < right else wrong)


def test_a_test_counts_and_reveals_its_order_at_the_end(begun, tmp_path):
    finish(begun, right=6)
    found = check(tmp_path / "test.json")
    assert found.problems == ()
    assert (found.verdict.right, found.verdict.trials) == (6, 8)
    data = json.loads((tmp_path / "test.json").read_text())
    assert commitment(data["order"], data["salt"], data["setup"]) == data["commitment"] == begun.commitment
    assert data["p_value"] == binomtest(6, 8, alternative="greater").pvalue
    assert data["setup"] == {"model": "nano.nam"}
    assert json.loads(json.dumps(found.to_json()))["sentence"] == data["sentence"]


def test_answers_are_final_and_there_are_no_more_than_trials(begun):
    finish(begun)
    with pytest.raises(CompareError, match="cannot be changed"):
        begun.answer("A")
    with pytest.raises(CompareError, match="answered"):
        _ = begun.x


def test_a_verdict_before_the_end_is_refused(begun):
    begun.answer("A")
    with pytest.raises(CompareError, match="7 of 8 trials are still to come"):
        _ = begun.verdict


@pytest.mark.parametrize("trials", [0, -1, 1001])
def test_a_number_of_trials_that_is_none_is_refused(tmp_path, trials):
    with pytest.raises(CompareError, match="5 to 1000 trials"):
        BlindTest.begin(tmp_path / "x.json", trials, {}, keys=tmp_path)


@pytest.mark.parametrize("trials", [1, 4])
def test_so_few_trials_that_nothing_can_come_of_them_are_refused_with_the_reason(tmp_path, trials):
    chance = {1: "50.0", 4: "6.2"}[trials]
    with pytest.raises(CompareError, match=f"are right in {chance} % of such tests.* At least 5 are needed"):
        BlindTest.begin(tmp_path / "x.json", trials, {}, keys=tmp_path)
    assert not list(tmp_path.iterdir())


def test_how_many_right_answers_it_takes_is_said_as_the_exact_test_has_it():
    for trials in range(5, 60):
        least = needed(trials)
        assert binomtest(least, trials, alternative="greater").pvalue <= 0.05
        assert binomtest(least - 1, trials, alternative="greater").pvalue > 0.05
    assert "at least 12 of 16 right: guessing gets that far in 3.8 % of such tests" in needed_in_words(16)
    assert "all of them right: guessing gets that far in 3.1 %" in needed_in_words(5)


def test_an_existing_file_is_never_replaced(begun, tmp_path):
    with pytest.raises(CompareError, match=r"test\.json exists"):
        BlindTest.begin(tmp_path / "test.json", 8, {}, keys=tmp_path / "keys")


def test_each_x_is_a_fair_coin_of_its_own(tmp_path):
    # 4000 draws: 5 standard deviations of a fair coin are 158, of its pairs likewise.
    orders = [BlindTest.begin(tmp_path / f"{i}.json", 1000, {}, keys=tmp_path)._order for i in range(4)]
    assert len(set(orders)) == 4
    draws = "".join(orders)
    assert abs(draws.count("A") - 2000) < 158
    assert abs(sum(a == b for a, b in pairwise(draws)) - 2000) < 158


# ---------------------------------------------------------------- what the files tell
def test_neither_file_alone_says_anything_about_x(tmp_path):
    # The same position over many tests, as bits of either half: it tells no more about X than a coin.
    agree_sealed = agree_key = total = 0
    for i in range(60):
        test = BlindTest.begin(tmp_path / f"{i}.json", 32, {}, keys=tmp_path / "keys")
        data = json.loads((tmp_path / f"{i}.json").read_text())
        pad = bytes.fromhex(json.loads((tmp_path / "keys" / f"{data['id']}.key").read_text())["pad"])
        sealed = bytes.fromhex(data["sealed"])
        for k, x in enumerate(test._order):  # "A" is 0x41 and "B" 0x42: both low bits differ
            agree_sealed += (sealed[k] & 1) == (x == "A")
            agree_key += (pad[k] & 1) == (x == "A")
            total += 1
    assert abs(agree_sealed - total / 2) < 5 * (total / 4) ** 0.5
    assert abs(agree_key - total / 2) < 5 * (total / 4) ** 0.5


def test_nothing_readable_in_names_or_files_holds_the_order_before_the_end(tmp_path):
    test = BlindTest.begin(tmp_path / "a.json", 24, {"a": "x"}, keys=tmp_path / "keys")
    order, salt = test._order, test._salt
    bits = order.replace("A", "0").replace("B", "1")
    for _ in range(23):
        for path in tmp_path.rglob("*"):
            told = path.name + (path.read_text() if path.is_file() else "")
            for form in (order, order.lower(), bits, bits.translate({48: 49, 49: 48}), order.encode().hex(), salt):
                assert form not in told
            assert "order" not in told
            assert "right" not in told
        test.answer("A")
    test.answer("A")
    assert order in (tmp_path / "a.json").read_text()
    test.forget_key()
    assert not list((tmp_path / "keys").glob("*.key"))


# ---------------------------------------------------------------- crashes
def test_a_test_goes_on_where_it_was(begun, tmp_path):
    begun.answer("A")
    begun.answer("B")
    again = BlindTest.resume(tmp_path / "test.json", keys=tmp_path / "keys")
    assert (again.answered, again._order, again.commitment) == (2, begun._order, begun.commitment)
    assert again.setup == {"model": "nano.nam"}
    finish(again)
    assert check(tmp_path / "test.json").problems == ()
    with pytest.raises(CompareError, match="is finished"):
        BlindTest.resume(tmp_path / "test.json", keys=tmp_path / "keys")


CHILD = """
import os
import sys
from pathlib import Path
from rig.compare.abx import BlindTest
path, keys = Path(sys.argv[1]), Path(sys.argv[2])
test = BlindTest.resume(path, keys=keys) if path.exists() else BlindTest.begin(path, 200, {}, keys=keys)
while not test.is_finished:
    side = "AB"[test.answered % 3 == 0]
    test.answer(side)
    os.write(1, f"{test.answered} {side} {test.commitment}\\n".encode())  # a line whole, or not at all
"""


def test_killed_at_any_point_it_goes_on_without_losing_or_changing_an_answer(tmp_path):
    path, keys, random_s = tmp_path / "t.json", tmp_path / "keys", random.Random(1)
    said, promised = [], set()
    for _ in range(20):
        child = subprocess.Popen([sys.executable, "-c", CHILD, path, keys], stdout=subprocess.PIPE, text=True)
        child_lines = [child.stdout.readline()]
        time.sleep(random_s.uniform(0, 0.03))
        child.send_signal(signal.SIGKILL)
        child_lines += child.stdout.readlines()
        child.wait()
        child.stdout.close()
        for line in filter(None, (line.strip() for line in child_lines)):
            number, side, promise = line.split()
            promised.add(promise)
            if len(said) < int(number):
                said += [None] * (int(number) - len(said) - 1) + [side]  # one that was answered but not yet said
            else:
                pytest.fail(f"trial {number} came twice")
        answers = check(path).answers
        assert len(answers) >= len(said)
        assert all(was in (None, now) for was, now in zip(said, answers, strict=False))
        assert check(path).problems == ()
        if len(answers) == 200:
            break
        said += [None] * (len(answers) - len(said))
    assert len(promised) == 1
    if len(check(path).answers) < 200:
        finish(BlindTest.resume(path, keys=keys))
    assert check(path).problems == ()


def test_a_full_disk_takes_no_answer_and_damages_nothing(begun, tmp_path, monkeypatch):
    begun.answer("A")
    before = (tmp_path / "test.json").read_text()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(CompareError, match=r"No space left on device.*answer again"):
        begun.answer("B")
    monkeypatch.undo()
    assert (tmp_path / "test.json").read_text() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["keys", "test.json"]
    assert begun.answered == 1
    begun.answer("B")
    assert check(tmp_path / "test.json").answers == "AB"


# ---------------------------------------------------------------- forgers and other files
def forged(path: Path, **changed):
    data = json.loads(path.read_text())
    path.write_bytes(as_written(sealed({**data, **changed})))  # whoever edits it may seal it anew
    return check(path)


def test_a_forged_result_is_noticed(begun, tmp_path):
    finish(begun, right=4)
    path = tmp_path / "test.json"
    data = json.loads(path.read_text())
    order, answers = data["order"], data["answers"]
    other = order.translate({65: 66, 66: 65})
    assert "hash differs" in forged(path, order=other).problems[0]
    assert forged(path, order=order).problems == ()
    better = [{**entry, "answer": x} for entry, x in zip(answers, order, strict=True)]
    assert "answer 5 was changed" in forged(path, answers=better).problems[0]
    assert "answers are missing" in forged(path, answers=answers[:7]).problems[0]
    assert "more answers" in forged(path, answers=[*answers, answers[0]]).problems[0]
    assert "figures" in forged(path, answers=answers, interval=[0.1, 0.9]).problems[0]
    assert forged(path, interval=data["interval"]).problems == ()
    assert "figures" in forged(path, answers=answers, right=8).problems[0]
    assert forged(path, right=4).problems == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is not JSON"),
        ("[]", "not the result of a blind test"),
        ('{"kind": "rig abx", "schema": 9}', "another version"),
        ('{"kind": "rig abx", "schema": 1}', "damaged: id is missing"),
        ('{"kind": "rig abx", "schema": 1e999}', "a number in it is too large"),
        ('{"kind": "rig abx", "schema": NaN}', "it has NaN, which is no number"),
        ('{"kind": "rig abx", "id": "\\ud800"}', "no text|nested too deep"),
        ("[" * 200_000, "no text|nested too deep"),
    ],
)
def test_other_files_are_named(tmp_path, text, why):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(CompareError, match=rf"x\.json .*{why}"):
        check(path)
    with pytest.raises(CompareError, match="cannot be read"):
        check(tmp_path / "none.json")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.json")  # which would keep us waiting for its other end
        with pytest.raises(CompareError, match="cannot be read"):
            check(tmp_path / "pipe.json")


def test_without_its_key_a_test_cannot_go_on(begun, tmp_path):
    with pytest.raises(CompareError, match=r"its key \(\w+\.key .*Begin another"):
        BlindTest.resume(tmp_path / "test.json", keys=tmp_path / "elsewhere")
