"""Models that come from a training while rig plays: offered by name and hash, taken when they shall be, faded."""

from __future__ import annotations

import json
import os

import pytest
from auditioning import Auditioning, five_cabinets
from jackclients import wait_until
from paged import Paged
from rigs import NANO

from rig.errors import TrainingError
from rig.files.hashing import sha256_of
from rig.trainer.offered import offered, offers_folder
from rig.training.offer import KEPT, offer


@pytest.fixture
def audition(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    made = Auditioning(five_cabinets(tmp_path, monkeypatch))
    yield made
    made.close()


def learnt(folder, epoch):
    """The nano model, a little louder after each epoch."""
    content = json.loads(NANO.read_text())
    content["weights"][-1] *= 1 + 0.1 * epoch
    path = folder / f"learnt{epoch}.nam"
    path.write_text(json.dumps(content))
    return path


def put(folder, epoch, name="e570-nano"):
    path = offers_folder() / f"{name} epoch {epoch}.nam"
    path.write_bytes(learnt(folder, epoch).read_bytes())
    return f"{path.stem} {sha256_of(path)}"


def plays(audition, epoch):
    name = f"e570-nano epoch {epoch}.nam"
    wait_until(lambda: (audition.poll(), audition.player.sound.model.path.name == name)[1], name, 20)


def test_it_is_asked_once_and_then_followed_as_long_as_it_plays(audition, tmp_path):
    player, before = audition.player, audition.player.sound.model.path
    own = list(player.models.files)
    player.do("offer_trained", text=put(tmp_path, 1))
    audition.poll()
    assert player.sound.model.path == before and "e570-nano epoch 1 is learnt" in audition.told.text
    player.do("take_trained")
    plays(audition, 1)
    player.do("offer_trained", text=put(tmp_path, 2))
    plays(audition, 2)
    assert [path for path in player.models.files if path.parent != offers_folder()] == own
    player.models.go(own.index(before))  # the player's own list is still there
    wait_until(lambda: (audition.poll(), player.sound.model.path == before)[1], "the other model", 20)
    player.do("offer_trained", text=put(tmp_path, 3))
    audition.poll()
    assert player.sound.model.path == before  # nobody is torn away from what he plays
    player.do("take_trained")
    plays(audition, 3)
    player.do("take_trained")
    assert "No model that is being trained was offered" in audition.told.text


def test_on_takes_all_and_off_none(audition, tmp_path):
    player = audition.player
    player.set("follow_training", "on")
    player.do("offer_trained", text=put(tmp_path, 1))
    plays(audition, 1)
    player.set("follow_training", "off")
    player.do("offer_trained", text=put(tmp_path, 2))
    assert "This rig follows no training" in audition.told.text
    assert player.sound.model.path.name == "e570-nano epoch 1.nam"


@pytest.mark.parametrize(
    "text", ["", "x", "../x " + "0" * 64, "/etc/passwd " + "0" * 64, ".x " + "0" * 64, "x " + "g" * 64]
)
def test_what_is_no_name_and_hash_is_refused(text, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(TrainingError, match="never a path"):
        offered(text)


def test_only_what_was_offered_is_played(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    text = put(tmp_path, 1)
    assert offered(text).is_file()
    path = offers_folder() / "e570-nano epoch 1.nam"
    path.write_text("another")
    with pytest.raises(TrainingError, match="not the one that was offered"):
        offered(text)
    path.unlink()
    with pytest.raises(TrainingError, match="is not there"):
        offered(text)
    path.symlink_to(learnt(tmp_path, 1))
    with pytest.raises(TrainingError, match="not the one that was offered"):
        offered(text)
    os.chmod(offers_folder(), 0o777)
    with pytest.raises(TrainingError, match="others can write into it"):
        offers_folder()


def test_every_rig_that_plays_is_offered_it_through_the_remote_protocol(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert offer(learnt(tmp_path, 1), "e570-nano", 1) == []  # nobody plays
    with Paged() as rig:
        rig.run(lambda: rig.player.set("follow_training", "on"))
        for epoch in range(1, KEPT + 3):
            (said,) = offer(learnt(tmp_path, epoch), "e570-nano", epoch)
            assert "it follows: on" in said
            name = f"e570-nano epoch {epoch}.nam"
            wait_until(lambda: rig.run(lambda: rig.player.sound.model.path.name) == name, name, 20)  # noqa: B023
        assert len(list(offers_folder().glob("*.nam"))) == KEPT
