"""The manners of a blind test: a slip costs nothing, an answer takes two different presses, the next trial comes."""

from __future__ import annotations

import pytest
from rigs import Told

from rig.compare.abx import BlindTest, check
from rig.compare.live.commands import COMMANDS
from rig.compare.live.trials import BOUNCE_S, CONFIRM_S, Trials
from rig.player.key_map import AB_KEYS


class Listening:
    """Whoever is heard blind, with a clock of its own."""

    def __init__(self, path, trials=5):
        self.said, self.locked, self.now, self.heard = Told(COMMANDS, AB_KEYS), False, 100.0, []
        self.tell = self.said.append
        self.trials = Trials(self, lambda: self.now)
        self.test = BlindTest.begin(path / "t.json", trials, {"sides": ["a", "b"]}, keys=path / "keys")
        self.trials.put(self.test)

    def press(self, label, side):
        self.trials.withdraw()
        self.heard.append((label, side))

    def levels(self):
        return {"match_trim_db": 0.0}


@pytest.fixture
def listening(tmp_path):
    found = Listening(tmp_path)
    found.trials.begin()
    return found


def test_beforehand_it_says_how_many_right_answers_are_needed(tmp_path):
    said = Listening(tmp_path, 16).said
    assert any("at least 12 of 16 right: guessing gets that far in 3.8 % of such tests" in text for text in said)


def test_an_answer_counts_when_it_is_confirmed_and_the_next_trial_begins_by_itself(listening, tmp_path):
    trials, test = listening.trials, listening.test
    for number in range(5):
        trials.answer("B")
        assert (test.answered, trials.asked) == (number, "B")
        listening.now += 1.0
        trials.confirm()
        assert (test.answered, trials.asked, trials.in_trial) == (number + 1, None, number < 4)
        assert listening.heard[-1] == ("A", 0)
    assert check(tmp_path / "t.json").answers == "BBBBB"
    assert sum("begins with A" in text for text in listening.said) == 5


def test_a_key_that_bounces_or_is_held_answers_nothing(listening):
    trials = listening.trials
    for _ in range(40):
        trials.answer("A")
        listening.now += 0.03
    assert sum("X is A?" in text for text in listening.said) == 1
    listening.now += BOUNCE_S - 0.04
    trials.confirm()  # the second half of one tap
    assert listening.test.answered == 0
    listening.now += 0.02
    trials.confirm()
    assert listening.test.answered == 1
    trials.confirm()
    assert listening.test.answered == 1


def test_whoever_listens_again_or_waits_has_taken_the_answer_back(listening):
    trials = listening.trials
    trials.answer("A")
    trials.hear_x()
    assert trials.asked is None
    trials.answer("A")
    listening.now += CONFIRM_S + 0.1
    assert trials.asked is None
    trials.confirm()
    assert "There is no answer to confirm: o says that X is A, p that it is B." in listening.said[-1]
    assert listening.test.answered == 0


def test_the_other_answer_takes_the_place_of_the_first(listening):
    trials = listening.trials
    trials.answer("A")
    trials.answer("B")
    listening.now += 1.0
    trials.confirm()
    assert listening.test._data["answers"][0]["answer"] == "B"


def test_no_key_of_an_answer_is_a_key_of_listening_in_the_other_case():
    listening = {key.casefold() for key, (name, _) in AB_KEYS.items() if name.startswith("hear_")}
    answers = {key for key, (name, _) in AB_KEYS.items() if name.startswith(("answer_", "confirm_"))}
    assert answers == {"o", "p", "enter"} and not listening & answers
