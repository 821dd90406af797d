"""A model that is trained while gear is compared with it: matched to the gear first, then side A, in one fade."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from offered import published
from page_runs import kept_apart
from rigs import A2, NANO, RATE, jump, model
from studio import Gearbox, Studio, answer

from rig.cabinet.ir import IR
from rig.compare.abx import BlindTest
from rig.errors import CompareError, RigError, TrainingError
from rig.sound import Sound
from rig.web.server_state import ServerState
from rig.web.shown.shown_ab import AbShown

SERVER = ServerState("JACK", RATE, 64, 1.0, 0, 0, "")


@pytest.fixture(autouse=True)
def nothing_kept_elsewhere(tmp_path, monkeypatch):
    for name, folder in kept_apart(tmp_path / "kept").items():
        monkeypatch.setenv(name, folder)


def gear():
    """The nano model as gear."""
    studio = Studio(Gearbox(137, -1, 0.5, NANO), Sound(model(NANO), level_mode="raw")).start()
    studio.comparer.training.follow = "on"
    return studio


def offer(studio, text):
    studio.comparer.commands.carry_out("offer_trained", text)
    settle(studio)


def settle(studio):
    """What is played while a thread reads and matches, and a second more."""
    training = studio.comparer.training
    while training.waiting:
        training.arrive(20.0)
    studio.comparer.poll()
    return studio.play(RATE)


def test_each_epoch_takes_over_as_loud_as_the_gear_and_the_gear_is_not_measured_again(tmp_path):
    studio = gear()
    comparer, taken = studio.comparer, studio.comparer.taken
    for epoch, gain in ((1, 0.25), (2, 4.0), (3, 1.0)):
        before = comparer.match.match_db
        offer(studio, published(tmp_path, "mine", epoch, gain))
        assert comparer.training.state["playing_epoch"] == epoch
        assert comparer.match.lag_samples == pytest.approx(taken.match(comparer.a).lag_samples, abs=1e-9)
        assert comparer.match.match_db - before == pytest.approx(_db(gain) - _db(before_gain(epoch)), abs=0.01)
        loud = studio.loudness_of_both()
        assert loud[0] == pytest.approx(loud[1], abs=0.1)
    assert comparer.taken is taken
    assert studio.null_db() < -60  # epoch 3 is the gear
    assert comparer.names[0] == "mine.nam"


def _db(gain):
    return 20 * float(np.log10(gain))


def before_gain(epoch):
    return {1: 1.0, 2: 0.25, 3: 4.0}[epoch]


@pytest.mark.parametrize("side", [pytest.param("hear_a", marks=pytest.mark.soak), "hear_b"])
def test_no_epoch_clicks_whichever_side_is_heard(tmp_path, side):
    studio = gear()
    studio.comparer.do(side)
    studio.play(RATE)
    smooth = jump(studio.play(3 * RATE))
    heard = []
    for epoch, gain in ((1, 0.5), (2, 0.8), (3, 0.6)):
        studio.comparer.commands.carry_out("offer_trained", published(tmp_path, "mine", epoch, gain))
        heard.append(settle(studio))
    assert jump(np.concatenate(heard)) < 1.5 * smooth
    assert min(np.std(piece) for piece in heard) > 1e-4  # something was heard


def test_ask_tells_and_take_makes_it_side_a_and_then_it_follows(tmp_path):
    studio = gear()
    comparer = studio.comparer
    comparer.training.follow = "ask"
    offer(studio, published(tmp_path, "mine", 12, 0.25))
    assert comparer.names[0] == NANO.name
    assert "mine epoch 12, ESR 0.00024, is ready: H plays it." in studio.said.text
    assert comparer.look().training == "EPOCH 12 READY"
    comparer.do("take_trained")
    settle(studio)
    offer(studio, published(tmp_path, "mine", 13, 0.5))
    assert comparer.training.state["playing_epoch"] == 13
    assert "mine epoch 13, ESR 0.00012; B is matched by" in studio.said.text
    assert comparer.look().training == "EPOCH 13 ESR 0.00012"
    shown = AbShown(comparer, lambda: SERVER).state()
    assert shown["training"] == comparer.training.state


def test_gear_that_was_measured_again_is_what_it_is_matched_to(tmp_path):
    studio = gear()
    comparer = studio.comparer
    comparer.training.follow = "ask"
    offer(studio, published(tmp_path, "mine", 1, 1.0))
    studio.gearbox.gain *= 0.5
    comparer.do("measure")
    level_db = comparer.match.match_db
    comparer.do("take_trained")
    settle(studio)
    assert comparer.training.state["playing_epoch"] == 1
    assert comparer.match.match_db == pytest.approx(level_db, abs=0.01)


def test_locked_levels_keep_the_model_until_they_are_unlocked(tmp_path):
    studio = gear()
    comparer = studio.comparer
    comparer.do("lock")
    offer(studio, published(tmp_path, "mine", 1, 0.5))
    assert comparer.names[0] == NANO.name
    assert "is ready" in studio.said.text
    comparer.do("take_trained")
    assert studio.said.text.count("The levels are locked; l unlocks them.") == 1
    offer(studio, published(tmp_path, "mine", 2, 0.6))  # what was refused once is not tried again by itself
    assert studio.said.text.count("The levels are locked; l unlocks them.") == 1
    assert comparer.names[0] == NANO.name
    comparer.do("lock")
    comparer.do("take_trained")
    assert comparer.training.state["playing_epoch"] == 2


@pytest.mark.parametrize("is_read_before", [pytest.param(False, marks=pytest.mark.soak), True])
def test_a_blind_test_goes_on_with_its_model_and_nothing_is_told_of_an_offer(tmp_path, is_read_before):
    studio = gear()
    comparer, shown = studio.comparer, AbShown(studio.comparer, lambda: SERVER)
    before, handover = comparer.a, studio.engine.record["handover"]
    if is_read_before:
        comparer.commands.carry_out("offer_trained", published(tmp_path, "mine", 1, 0.25))
    test = BlindTest.begin(tmp_path / "t.json", 6, comparer.setup(), keys=tmp_path)
    comparer.blind(test)
    changes = int(handover["changes"])
    comparer.do("begin_test")
    for trial in range(6):
        comparer.do("hear_x")
        states, events = (shown.state(), comparer.look().to_json()), len(studio.said.events)
        studio.play(RATE)
        comparer.commands.carry_out("offer_trained", published(tmp_path, "mine", 2 + trial, 0.5))
        comparer.training._jobs.finish(20.0)
        settle(studio)
        for command, value in (("take_trained", None), ("follow_training", "ask"), ("follow_training", "on")):
            with contextlib.suppress(RigError):
                comparer.commands.carry_out(command, value)
            settle(studio)
        told = [event.text for event in studio.said.events[events:]]
        assert not any("mine" in text or "epoch" in text for text in told)
        assert shown.state() == states[0]
        now = comparer.look().to_json()
        assert {key: now[key] for key in ("training", "values", "hearing")} == {
            key: states[1][key] for key in ("training", "values", "hearing")
        }
        assert comparer.a is before and comparer.setup()["a"] == test.setup["a"]
        assert int(handover["changes"]) == changes
        answer(comparer, "a")
    comparer.poll()
    assert f"mine epoch 7, ESR {0.5**7:.2g}, is ready: H plays it." in studio.said.text
    assert "epoch 6," not in studio.said.text
    comparer.do("take_trained")
    assert "The levels are locked; l unlocks them." in studio.said.text
    assert comparer.a is before
    comparer.do("lock")
    comparer.do("take_trained")
    settle(studio)
    assert comparer.training.state["playing_epoch"] == shown.state()["training"]["playing_epoch"] == 7


def test_a_key_in_a_blind_test_says_why_nothing_is_taken(tmp_path):
    studio = gear()
    comparer = studio.comparer
    comparer.blind(BlindTest.begin(tmp_path / "t.json", 8, comparer.setup(), keys=tmp_path))
    with pytest.raises(RigError, match="what is offered waits until it is over"):
        comparer.commands.carry_out("take_trained")


def test_two_cabinets_and_what_is_no_offer_are_refused(tmp_path):
    studio = gear()
    comparer, text = studio.comparer, published(tmp_path, "mine", 1, 0.5)
    with pytest.raises(TrainingError, match="is not what was offered"):
        comparer.commands.carry_out("offer_trained", f"mine {'0' * 64}")
    sound = Sound(model(NANO), IR.from_taps(np.eye(1, 400), RATE))
    cabinets = Studio(None, sound, b=sound.changed(ir=IR.from_taps(np.eye(1, 400, 3), RATE))).start().comparer
    with pytest.raises(CompareError, match="Two cabinets are compared"):
        cabinets.commands.carry_out("offer_trained", text)
    assert comparer.training.offered is cabinets.training.offered is None


def test_another_model_as_side_b_is_matched_too(tmp_path):
    studio = Studio(None, Sound(model(NANO)), b=Sound(model(A2))).start()
    studio.comparer.training.follow = "on"
    offer(studio, published(tmp_path, "mine", 1, 0.5))
    assert studio.comparer.names == ("mine.nam", A2.name)
    loud = studio.loudness_of_both()
    assert loud[0] == pytest.approx(loud[1], abs=0.1)
