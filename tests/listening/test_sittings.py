"""A sitting: its course, what is kept of it, and what a crash or a forger can do to it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
from itertools import groupby

import pytest
from heard_tests import hear_all, listened, order_of, small_test

from rig.compare.listening import Prepared, Sitting, report
from rig.compare.listening.listener_file import read_listener
from rig.compare.listening.prepared import FILE
from rig.compare.listening.sealing import keys_directory
from rig.errors import CompareError


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def test_(tmp_path):
    return small_test(tmp_path / "listen-x")


def truth(section, condition):
    return [100, 20, 60, 80, 70][condition]


# ---------------------------------------------------------------- the course
def test_a_sitting_goes_from_the_training_over_every_screen_to_its_end(test_):
    with Sitting.open(test_, "anna") as sitting:
        seen = []
        while not sitting.is_over:
            view = sitting.view()
            seen.append((view.phase, view.screen))
            hear_all(sitting)
            for position, condition in enumerate(order_of(sitting)):
                sitting.rate(position, truth(0, condition))
            assert sitting.view().missing is None
            sitting.close()
        assert seen == [("training", 0), ("training", 1), ("training", 2), ("rating", 0), ("rating", 1), ("rating", 2)]
        assert sitting.phase == "over"
        revealed = sitting.revealed()
    assert len(revealed) == 15
    assert {(each.section, each.condition.name) for each in revealed if each.score == 80} == {
        (s, "a.nam") for s in range(3)
    }


def test_a_screen_is_closed_only_when_all_was_heard_and_rated_and_one_is_the_reference(test_):
    with Sitting.open(test_, "anna") as sitting:
        sitting.leave_out_training()
        with pytest.raises(CompareError, match="Not heard yet: the reference, A, B, C, D, E"):
            sitting.close()
        with pytest.raises(CompareError, match="Listen to B first"):
            sitting.rate(1, 50)
        sitting.heard(1, 0.6)
        with pytest.raises(CompareError, match="Listen to B first"):  # a moment is no listening
            sitting.rate(1, 50)
        hear_all(sitting)
        sitting.rate(1, 50)
        with pytest.raises(CompareError, match="Not rated yet: A, C, D, E"):
            sitting.close()
        for position in range(5):
            sitting.rate(position, 99)
        with pytest.raises(CompareError, match="Give 100 to at least one: the reference is among them"):
            sitting.close()
        sitting.rate(4, 100)
        sitting.close()
        assert sitting.view().screen == 1
        assert sitting.view().scores == (None,) * 5


@pytest.mark.parametrize("score", [-1, 101, 50.5, True, "50", None])
def test_a_score_is_a_whole_number_from_0_to_100(test_, score):
    with Sitting.open(test_, "anna") as sitting:
        hear_all(sitting)
        with pytest.raises(CompareError, match="whole number from 0 to 100"):
            sitting.rate(0, score)
        with pytest.raises(CompareError, match="go from A to E"):
            sitting.rate(5, 50)


def test_scores_of_the_training_are_shown_and_kept_nowhere(test_):
    with Sitting.open(test_, "anna") as sitting:
        hear_all(sitting)
        sitting.rate(2, 37)
        assert sitting.view().scores == (None, None, 37, None, None)
        with pytest.raises(CompareError, match="kept with the screens that count"):
            sitting.comment("harsh")
        assert "37" not in [event.get("score") for event in json.loads(sitting.path.read_text())["events"]]
        sitting.close()
        assert sitting.view().scores == (None,) * 5


def test_nothing_is_revealed_before_the_end_and_scores_are_final_behind_it(test_):
    listened(test_, "anna", truth, stop_after=2)
    with Sitting.open(test_, "anna") as sitting:
        for forbidden in (sitting.revealed, lambda: sitting.closing_hash):
            with pytest.raises(CompareError, match=r"revealed|not over"):
                forbidden()
        text = sitting.path.read_text()
        assert '"order"' not in text
        assert '"salt"' not in text
    found = report(test_)
    assert found.scores == {}
    assert found.unfinished == ("anna",)
    assert found.to_json()["sentences"] == ["Nobody has finished yet: there is nothing to reveal."]
    listened(test_, "anna", truth)
    with Sitting.open(test_, "anna") as sitting:
        assert sitting.is_over
        with pytest.raises(CompareError, match="cannot be changed"):
            sitting.rate(0, 50)
        with pytest.raises(CompareError, match="All screens are closed"):
            sitting.close()


def test_comments_are_kept_and_the_last_one_counts(test_):
    with Sitting.open(test_, "anna") as sitting:
        sitting.leave_out_training()
        sitting.comment("fizzy")
        sitting.comment("B is fizzy")
    with Sitting.open(test_, "anna") as sitting:
        assert sitting.view().comment == "B is fizzy"


def test_several_listeners_have_orders_and_files_of_their_own(test_):
    with Sitting.open(test_, "anna") as anna, Sitting.open(test_, "Bert 2") as bert:
        assert anna.promise != bert.promise
        with pytest.raises(CompareError, match="listening already, in another window"):
            Sitting.open(test_, "ANNA")
    with Sitting.open(test_, "ANNA") as again:
        assert again.listener == "anna"
    for name in ("", "../anna", "a/b", ".anna", "x" * 41, "anna\n"):
        with pytest.raises(CompareError, match="cannot be a listener's name"):
            Sitting.open(test_, name)


# ---------------------------------------------------------------- crashes
def _rate_until_killed(test, pipe):
    rng = random.Random(os.getpid())
    with Sitting.open(test, "anna") as sitting:
        sitting.leave_out_training()
        while not sitting.is_over:
            hear_all(sitting)
            for _ in range(3):
                for position in range(5):
                    score = 100 if position == 0 else rng.randrange(100)
                    sitting.rate(position, score)
                    os.write(pipe, f"{sitting.view().screen} {position} {score}\n".encode())
            sitting.close()
    os.write(pipe, b"over\n")


def test_killed_at_any_moment_nothing_is_lost_or_changed(tmp_path):
    test = small_test(tmp_path / "listen-x", sections=12)
    told, rng, kills, found = [], random.Random(7), 0, None
    for _ in range(40):
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                _rate_until_killed(test, theirs)
            os._exit(0)
        os.close(theirs)
        time.sleep(rng.uniform(0.005, 0.12))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with open(ours, encoding="ascii") as pipe:
            told += [line.split() for line in pipe.read().splitlines()]
        kills += told[-1:] != [["over"]]
        path = test.listener_path("anna")
        if path.exists():
            found = read_listener(path, test)
            assert found.problems == ()
            kept = [(e["screen"], e["position"], e["score"]) for e in found.data["events"] if e["what"] == "rated"]
            for place in {(each[0], each[1]) for each in told if len(each) == 3}:
                of_it = iter([score for screen, position, score in kept if (str(screen), str(position)) == place])
                # The same score once more is no new entry.
                for score, _ in groupby(int(each[2]) for each in told if tuple(each[:2]) == place):
                    assert score in of_it, "what was told is on the disk, in its order"  # `in` goes on in an iterator
        if found is not None and found.order is not None:
            break
    assert kills >= 3, "the kills came too late to show anything"
    listened(test, "anna", truth)
    assert report(test).problems == ()


def test_a_full_disk_changes_nothing_and_says_so(test_, monkeypatch):
    with Sitting.open(test_, "anna") as sitting:
        sitting.leave_out_training()
        hear_all(sitting)
        before = sitting.path.read_bytes()

        def full(*_, **__):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr("rig.compare.listening.sitting.keep", full)
            with pytest.raises(CompareError, match=r"No space left on device.*make room"):
                sitting.rate(0, 50)
        assert sitting.view().scores[0] is None
        assert sitting.path.read_bytes() == before
        sitting.rate(0, 50)
        assert sitting.view().scores[0] == 50


def test_without_its_key_a_sitting_cannot_go_on_and_a_finished_one_needs_none(test_):
    listened(test_, "anna", truth, stop_after=1)
    key = next(keys_directory().glob("*.key"))
    pad = key.read_bytes()
    key.write_bytes(pad.replace(b"a", b"b"))
    with pytest.raises(CompareError, match="cannot go on"):
        Sitting.open(test_, "anna")
    key.unlink()
    with pytest.raises(CompareError, match=r"its key .* is not there"):
        Sitting.open(test_, "anna")
    key.write_bytes(pad)
    listened(test_, "anna", truth)
    assert not list(keys_directory().glob("*.key"))
    assert report(test_).state == "ok"


# ---------------------------------------------------------------- forgers
def _edited(data, rng):
    at = rng.randrange(len(data))
    other = rng.choice([byte for byte in (*b'0123456789abcdef \n{}[],:"', data[at] ^ 1, 0, 255) if byte != data[at]])
    return data[:at] + bytes([other]) + data[at + 1 :]


@pytest.mark.parametrize("finished", [True, False])
def test_one_edited_byte_of_a_listeners_file_is_found(test_, finished):
    path = listened(test_, "anna", truth, stop_after=None if finished else 2)
    data, rng = path.read_bytes(), random.Random(3)
    for _ in range(120):
        path.write_bytes(_edited(data, rng))
        assert report(test_).problems, path.read_bytes()
    path.write_bytes(data)
    assert report(test_).problems == ()


def test_one_edited_byte_of_the_test_or_of_a_sound_is_found(test_):
    listened(test_, "anna", truth)
    rng = random.Random(4)
    for name in (FILE, "sounds/2.wav"):
        path = test_.folder / name
        data = path.read_bytes()
        for _ in range(80):
            path.write_bytes(_edited(data, rng))
            try:
                found = Prepared.open(test_.folder).problems()
            except CompareError:
                found = ["refused"]
            assert found, (name, path.read_bytes()[:80])
        path.write_bytes(data)
    assert report(Prepared.open(test_.folder)).problems == ()


def test_a_score_that_was_changed_with_all_hashes_made_anew_fits_itself_and_not_what_somebody_kept(test_):
    from rig.compare.listening.chain import keep, linked
    from rig.compare.listening.listener_file import closing_of

    path = listened(test_, "anna", truth)
    with Sitting.open(test_, "anna") as sitting:
        closing = sitting.closing_hash
    data = json.loads(path.read_text())
    before = data["head"]
    for event in data["events"]:
        if event.get("score") == 80:
            event["score"] = 95
        event["link"] = before = linked(before, event)
    data["closing"] = closing_of(data, data["order"], data["salt"])
    keep(path, data)
    assert report(test_).problems == ()  # no file can prove more about itself
    assert "closing hash is not the one you gave" in report(test_, closing={"anna": closing[:16]}).problems[0]
    assert report(test_, closing={"anna": data["closing"]}).problems == ()


def test_a_file_that_was_written_anew_is_not_what_this_machine_promised(test_, monkeypatch, tmp_path):
    listened(test_, "anna", truth)
    with Sitting.open(test_, "anna") as sitting:
        promise = sitting.promise
    assert report(test_, promised={"anna": promise[:16]}).state == "ok"
    assert "its promise is not the one you gave" in report(test_, promised={"anna": "0" * 16}).problems[0]
    assert "bert has no file" in report(test_, promised={"bert": promise}).problems[0]
    kept = next(keys_directory().glob("*.promise"))
    kept.write_text(json.dumps({"promise": "0" * 64}))
    found = report(test_)
    assert found.state == "fail"
    assert "this machine promised another hash" in found.problems[0]
    assert found.scores == {}
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "elsewhere"))
    assert report(test_).state == "unknown"
