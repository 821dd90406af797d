"""A model that is trained while rig plays: told, taken, followed, ignored, and never put into a preset."""

from __future__ import annotations

import numpy as np
import pytest
from offered import published
from page_runs import kept_apart
from rigs import A2, NANO, RATE, Bench, Told, guitar, jump

from rig.errors import RigError, TrainingError
from rig.files import bundled
from rig.library.trained_offers import training_folder
from rig.nam import Row
from rig.player import models as models_module
from rig.player.player import Player


@pytest.fixture(autouse=True)
def nothing_kept_elsewhere(tmp_path, monkeypatch):
    for name, folder in kept_apart(tmp_path / "kept").items():
        monkeypatch.setenv(name, folder)
    monkeypatch.setattr(models_module, "PATIENCE_S", 60.0)


class Playing:
    def __init__(self, follow="ask", folder=None, irs=()):
        self.bench, self.told = Bench(), Told()
        self.player = Player(
            self.bench.engine, self.told.append, (A2, NANO), list(irs), level_mode="raw", folder=folder
        )
        self.player.training.follow = follow
        self.player.start()
        self.bench.settle()

    def offer(self, text):
        self.player.commands.carry_out("offer_trained", text)
        self.settle()

    def settle(self):
        while not self.player.arrive(timeout_s=20.0):
            pass
        self.bench.settle()
        self.player.poll()

    def do(self, name, value=None):
        self.player.commands.carry_out(name, value)
        self.settle()

    @property
    def state(self):
        return self.player.training.state

    def loudness(self):
        self.bench.process(guitar(RATE))
        return float(np.sqrt(np.mean(self.bench.process(guitar(RATE)) ** 2)))


@pytest.fixture
def play():
    made = []

    def begin(*arguments, **options):
        made.append(Playing(*arguments, **options))
        return made[-1]

    yield begin
    for one in made:
        one.player.close()


def test_on_each_offer_takes_over_and_is_heard(play, tmp_path):
    one = play("on")
    assert one.state is None
    heard = []
    for epoch, gain in ((1, 0.25), (2, 0.5), (4, 1.0)):
        one.offer(published(tmp_path, "mine", epoch, gain))
        assert (one.state["epoch"], one.state["playing_epoch"]) == (epoch, epoch)
        heard.append(one.loudness())
    assert heard[1] / heard[0] == pytest.approx(2.0, rel=1e-3)
    assert heard[2] / heard[1] == pytest.approx(2.0, rel=1e-3)
    assert one.player.sound.model.path == training_folder() / "mine.nam"
    state = one.player.look()
    assert state.training == "EPOCH 4 ESR 0.062"
    assert (state.asked_model, state.model_place) == ("mine.nam", "-/2")
    one.do("next_model")  # the list goes on from where it stood
    assert one.player.sound.model.path == NANO
    assert one.state["playing_epoch"] is None
    one.offer(published(tmp_path, "mine", 5, 0.7))
    assert one.state["playing_epoch"] == 5


def test_ask_tells_and_take_plays_and_then_it_follows_as_long_as_it_plays(play, tmp_path):
    one = play()
    one.offer(published(tmp_path, "mine", 12, 0.25))
    assert one.player.sound.model.path == A2
    assert "mine epoch 12, ESR 0.00024, is ready: H plays it." in one.told.text
    assert one.player.look().training == "EPOCH 12 READY"
    assert one.state["playing_epoch"] is None
    one.do("take_trained")
    assert one.state["playing_epoch"] == 12
    with pytest.raises(RigError, match="plays already"):
        one.player.commands.carry_out("take_trained")
    one.offer(published(tmp_path, "mine", 13, 0.5))
    assert one.state["playing_epoch"] == 13  # by itself
    one.offer(published(tmp_path, "yours", 1, 0.5))  # of another name: asked again
    assert (one.state["name"], one.state["playing_epoch"]) == ("yours", None)
    one.do("next_model")
    one.offer(published(tmp_path, "mine", 14, 0.6))
    assert one.player.sound.model.path == NANO  # the player has gone on
    one.do("take_trained")
    assert one.state["playing_epoch"] == 14


def test_off_ignores_and_a_key_asks_in_vain(play, tmp_path):
    one = play("off")
    one.offer(published(tmp_path, "mine", 1, 0.25))
    assert one.state is None
    assert one.player.sound.model.path == A2
    with pytest.raises(RigError, match="No model in training has been offered"):
        one.player.commands.carry_out("take_trained")


def test_who_chooses_on_hears_what_was_offered(play, tmp_path):
    one = play()
    one.offer(published(tmp_path, "mine", 3, 0.25))
    one.do("follow_training", "on")
    assert one.state["playing_epoch"] == 3
    one.do("follow_training", "off")
    one.offer(published(tmp_path, "mine", 4, 0.5))
    assert one.state["playing_epoch"] == 3


def test_what_is_taken_before_it_is_read_plays_when_it_is(play, tmp_path):
    one = play()
    one.player.commands.carry_out("offer_trained", published(tmp_path, "mine", 3, 0.25))
    one.player.commands.carry_out("take_trained")
    one.settle()
    assert one.state["playing_epoch"] == 3


def test_a_bypass_lasts_while_epochs_follow_and_ends_when_one_is_taken(play, tmp_path):
    one = play("on")
    one.do("bypass", True)
    one.offer(published(tmp_path, "mine", 3, 0.25))
    assert one.player.bypassed
    one.do("follow_training", "ask")
    one.do("next_model")
    one.do("bypass", True)
    one.offer(published(tmp_path, "mine", 4, 0.25))
    one.do("take_trained")
    assert not one.player.bypassed


def test_a_bypass_lasts_while_epochs_follow_that_are_prepared_twice(play, tmp_path):
    one = play("on")
    one.do("bypass", True)
    one.player.commands.carry_out("offer_trained", published(tmp_path, "mine", 3, 0.25))
    one.do("quality", 2.0)
    assert one.state["playing_epoch"] == 3
    assert one.player.sound.quality == 2
    assert one.player.bypassed


def test_it_plays_in_the_row_at_the_quality_and_after_these_have_changed(play, tmp_path):
    one = play()
    one.offer(published(tmp_path, "mine", 3, 0.25))
    one.do("second", 1)
    one.do("quality", 2.0)
    one.do("take_trained")
    model = one.player.sound.model
    assert isinstance(model, Row)
    assert (model.first.path.name, model.second.path) == ("mine.nam", NANO)
    assert one.state["playing_epoch"] == 3
    assert one.player.sound.quality == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("../mine HASH", "a path is never taken"),
        ("/etc/passwd HASH", "a path is never taken"),
        ("yours HASH", "there is no such model"),
        (f"mine {'0' * 64}", "is not what was offered"),
        ("mine", "An offer is NAME SHA256"),
    ],
)
def test_what_is_no_offer_is_refused_and_what_plays_goes_on(play, tmp_path, text, why):
    one = play("on")
    digest = published(tmp_path, "mine", 3, 0.25).split()[1]
    with pytest.raises(TrainingError, match=why):
        one.player.commands.carry_out("offer_trained", text.replace("HASH", digest))
    assert one.state is None
    assert one.player.sound.model.path == A2


def test_a_model_that_cannot_be_played_is_told_and_what_plays_goes_on(play, tmp_path):
    import hashlib

    one = play("on")
    published(tmp_path, "mine", 3, 0.25)
    path, figures = training_folder() / "mine.nam", training_folder() / "mine.json"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_text("{}")
    digest = hashlib.sha256(b"{}").hexdigest()
    figures.write_text(figures.read_text().replace(before, digest))
    one.offer(f"mine {digest}")
    assert one.told.events[-1].kind == "error"
    assert one.player.sound.model.path == A2


def test_a_file_that_is_replaced_before_it_is_read_is_not_played(play, tmp_path):
    one = play("on")
    training = one.player.training
    text = published(tmp_path, "mine", 3, 0.25)
    from rig.library.trained_offers import find

    found = find(text)
    published(tmp_path, "mine", 4, 0.5)
    one.told.events.clear()
    training._load(found)
    one.settle()
    assert one.told.events == []  # its own offer is on the way
    assert one.player.sound.model.path == A2


def test_no_preset_and_no_last_session_holds_what_is_in_training(play, tmp_path):
    one = play("on", folder=tmp_path / "presets")
    one.do("save_preset", "before")
    one.offer(published(tmp_path, "mine", 3, 0.25))
    for name, value in (("save_preset", "mine"), ("overwrite_preset", None)):
        with pytest.raises(RigError, match="What plays is in training"):
            one.player.commands.carry_out(name, value)
    assert [path.name for path in (tmp_path / "presets").iterdir()] == ["before.toml"]
    assert one.player.presets._state() is None
    one.do("next_model")
    assert one.player.presets._state() is not None


def test_a_restart_goes_on_with_what_plays_and_what_was_offered(play, tmp_path):
    one = play()
    one.offer(published(tmp_path, "mine", 3, 0.25))
    one.do("take_trained")
    one.do("follow_training", "off")
    one.do("follow_training", "ask")
    other = play()
    other.player.restore(one.player.snapshot())
    other.settle()
    assert other.state == one.state
    assert other.state["playing_epoch"] == 3
    other.offer(published(tmp_path, "mine", 4, 0.5))
    assert other.state["playing_epoch"] == 4


def test_the_players_own_list_stays_as_it_was_and_nobody_is_torn_away_from_it(play, tmp_path):
    one = play()
    own = list(one.player.models.files)
    for epoch in (1, 2):
        one.offer(published(tmp_path, "mine", epoch, 0.5))
        if epoch == 1:
            one.do("take_trained")
        assert one.state["playing_epoch"] == epoch
        assert one.player.models.files == own
    one.player.models.go(own.index(A2))
    one.settle()
    one.offer(published(tmp_path, "mine", 3, 0.5))
    assert one.player.sound.model.path == A2
    one.do("take_trained")
    assert one.state["playing_epoch"] == 3
    assert one.player.models.files == own


def test_the_same_epoch_again_is_no_news(play, tmp_path):
    """A training that was left and goes on offers its best epoch to all."""
    one = play("on")
    text = published(tmp_path, "mine", 3, 0.5)
    one.offer(text)
    one.do("next_model")
    one.offer(text)
    assert one.player.sound.model.path == NANO
    assert one.told.text.count("epoch 3, ESR 0.12, plays.") == 1
    one.do("take_trained")
    assert one.state["playing_epoch"] == 3


def test_what_failed_to_be_read_is_read_when_it_is_offered_again(play, tmp_path):
    one = play("on")
    text = published(tmp_path, "mine", 3, 0.5)
    one.player.commands.carry_out("offer_trained", text)
    published(tmp_path, "mine", 4, 0.6)
    one.settle()
    if one.state["playing_epoch"] is None:  # it was replaced before it was read
        one.offer(published(tmp_path, "mine", 3, 0.5))
    assert one.state["playing_epoch"] == 3


def test_offers_that_come_faster_than_the_fades_are_two_fades_at_most_and_the_newest_plays(play, tmp_path):
    one = play("on")
    handover = one.bench.engine.record["handover"]
    one.bench.process(guitar(RATE))
    before = int(handover["changes"])
    for epoch in range(1, 9):
        one.player.commands.carry_out("offer_trained", published(tmp_path, "mine", epoch, 0.5 + epoch / 10))
        while not one.player.arrive(timeout_s=20.0):
            pass
        if epoch == 1:
            one.bench.process(guitar(64))  # it has begun to fade
    assert one.state["playing_epoch"] == 8
    heard = one.bench.process(guitar(RATE))
    one.bench.settle()
    assert int(handover["changes"]) - before == 2
    steady = one.bench.process(guitar(RATE))
    assert jump(heard) < 3 * jump(steady)


def test_cabinets_that_are_heard_blind_keep_their_model_until_they_are_revealed(tmp_path):
    one = Playing("on", irs=bundled.irs())
    try:
        one.do("blind", True)
        one.offer(published(tmp_path, "mine", 3, 0.5))
        one.offer(published(tmp_path, "mine", 4, 0.5))
        assert one.player.sound.model.path == A2
        assert "epoch" not in one.told.text
        with pytest.raises(RigError, match="Cabinets are heard blind"):
            one.player.commands.carry_out("take_trained")
        one.do("blind", False)
        assert one.state["playing_epoch"] == 4
        assert "epoch 3" not in one.told.text
    finally:
        one.player.close()
