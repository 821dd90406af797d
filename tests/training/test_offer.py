"""A better model is offered to every rig that plays, through the remote protocol; none can hold up a training."""

from __future__ import annotations

import os
import socket

import pytest
from offered import learnt, weighted
from paged import Paged, until

from rig.library.trained_offers import training_folder
from rig.training import offer as offer_module
from rig.training.offer import Offers, offer
from rig.training.record import Epoch
from rig.web.runs import announce


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    for name in ("STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "own"))


def test_each_rig_says_what_it_does(tmp_path):
    with Paged() as asks, Paged() as plays, Paged() as ignores, Paged(view="audition"):
        plays.run(lambda: plays.shown.carry_out("follow_training", "on"))
        ignores.run(lambda: ignores.shown.carry_out("follow_training", "off"))
        said = offer(weighted(tmp_path, 0.5), "mine", learnt(3))
        assert sorted(said) == sorted(
            [
                f"rig play on port {asks.port} asks whether to play epoch 3.",
                f"rig play on port {plays.port} plays epoch 3.",
                f"rig play on port {ignores.port} follows no training.",
            ]
        )
        until(lambda: plays.player.training.playing is not None, 30.0)
        with plays.remote() as remote:
            until(lambda: remote.list("models") and remote.state["training"].get("playing_epoch") == 3, 30.0)
            training = remote.state["training"]
        assert training == {
            "name": "mine",
            "epoch": 3,
            "esr": 0.125,
            "playing_epoch": 3,
            "seconds": [10.0, 20.0, 30.0],
            "esrs": [0.5, 0.25, 0.125],
            "repeatability_esr": 0.001,
        }
        assert asks.player.training.playing is None


def test_without_a_rig_it_only_lies_there_and_before_an_epoch_is_judged_nothing_does(tmp_path):
    assert offer(weighted(tmp_path, 0.5), "mine", learnt(3)) == []
    assert (training_folder() / "mine.nam").read_bytes() == weighted(tmp_path, 0.5).read_bytes()
    record = learnt(3)
    record.best_epoch = None
    assert offer(tmp_path / "none.nam", "yours", record) == []
    assert not (training_folder() / "yours.nam").exists()


def test_who_begins_to_play_later_is_offered_the_best_so_far_once(tmp_path):
    offers, record = Offers(weighted(tmp_path, 0.5), "mine"), learnt(3)
    assert offers.to_newcomers(record) == offers.better(record) == []
    record.add(Epoch(4, 400, 40.0, 0.9, None, 0.1))  # a worse one since
    with Paged() as first:
        (said,) = offers.to_newcomers(record)
        assert said == f"rig play on port {first.port} asks whether to play epoch 3."
        until(lambda: first.player.training.text == "EPOCH 3 READY", 30.0)
        with Paged() as second:
            (said,) = offers.to_newcomers(record)
            assert said.startswith(f"rig play on port {second.port} ")
            assert offers.to_newcomers(record) == []
        assert offers.to_newcomers(record) == []
        told = [event.text for event in first.told if "is ready" in event.text]
        assert len(told) == 1


def test_before_an_epoch_is_judged_newcomers_wait_for_the_first(tmp_path):
    offers, record = Offers(weighted(tmp_path, 0.5), "mine"), learnt(1)
    record.best_epoch = None
    with Paged() as rig:
        assert offers.to_newcomers(record) == []
        record.best_epoch = 1
        (said,) = offers.to_newcomers(record)
        assert said == f"rig play on port {rig.port} asks whether to play epoch 1."


def test_of_a_trainer_that_is_faster_than_the_fades_the_newest_plays_and_nothing_is_an_error(tmp_path):
    with Paged() as rig:
        rig.run(lambda: rig.shown.carry_out("follow_training", "on"))
        for epoch in range(1, 13):
            (said,) = offer(weighted(tmp_path, 0.5 + epoch / 100), "mine", learnt(epoch))
            assert said == f"rig play on port {rig.port} plays epoch {epoch}."
        until(lambda: rig.player.training.state["playing_epoch"] == 12, 30.0)
        assert [event.text for event in rig.told if event.kind == "error"] == []


def test_a_rig_that_has_gone_and_one_that_is_silent_are_sentences(tmp_path, monkeypatch):
    monkeypatch.setattr(offer_module, "PATIENCE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as gone:
        silent_port, gone_port = silent.getsockname()[1], gone.getsockname()[1]
        gone.close()
        for port in (silent_port, gone_port):
            announce(port, "token", "http", "play")
        said = {sentence.split(" ")[4]: sentence for sentence in offer(weighted(tmp_path, 0.5), "mine", learnt(3))}
    assert set(said) == {str(silent_port), str(gone_port)}
    assert "answer" in said[str(silent_port)]
    assert "does not take epoch 3" in said[str(gone_port)]


def test_a_rig_that_refuses_says_why(tmp_path, monkeypatch):
    with Paged() as rig:
        monkeypatch.setattr(offer_module, "publish", lambda *_, **__: _Offered())
        (said,) = offer(weighted(tmp_path, 0.5), "mine", learnt(3))
        assert said == (
            f"rig play on port {rig.port} does not take epoch 3: mine.nam: there is no such model in rig's training "
            "folder."
        )


class _Offered:
    name, sha256, epoch = "mine", "0" * 64, 3


def test_a_folder_that_cannot_be_used_is_a_sentence(tmp_path):
    place = training_folder()
    place.rmdir()
    place.symlink_to(tmp_path)
    (said,) = offer(weighted(tmp_path, 0.5), "mine", learnt(3))
    assert "cannot be offered" in said and "is a link or a file" in said
    place.unlink()
    (said,) = offer(tmp_path / "none.nam", "mine", learnt(3))
    assert said.startswith("mine cannot be offered to a rig that plays")
    if os.name == "posix" and os.geteuid() != 0:
        training_folder().chmod(0o500)
        (said,) = offer(weighted(tmp_path, 0.5), "mine", learnt(3))
        assert said.startswith("mine cannot be offered")
