"""The track as a player has it: by commands, keys and options, shown, and carried over a restart of the server."""

from __future__ import annotations

import json

import numpy as np
import pytest
from auditioning import Auditioning, five_cabinets
from commandline import forked, refused
from jackclients import wait_until
from played_along import noises, written
from rigs import A2, RATE

from rig.backends.lost import Lost
from rig.cli.display.colour import Marks
from rig.cli.display.rows import row_text
from rig.cli.live.live_line import log_line
from rig.cli.live.live_rows import Peaks, live_rows
from rig.errors import RigError
from rig.player.shown.details import details_of


@pytest.fixture
def audition(tmp_path, monkeypatch):
    made = Auditioning(five_cabinets(tmp_path, monkeypatch))
    written(tmp_path / "song.wav", noises(10 * RATE))
    yield made
    made.close()


def until(audition, condition, what):
    wait_until(lambda: (audition.poll(), condition())[1], what, 20)


def loaded(audition, text="song.wav"):
    audition.player.do("backing", text=text)
    backing = audition.player.backing
    until(audition, lambda: backing._next is not None and backing._next.is_ready, "the track")
    return audition.player


def test_it_is_loaded_started_and_shown(audition):
    player = loaded(audition)
    assert "Backing  song.wav, 0:10, 48000 Hz, stereo;   starts it" in audition.told.text.replace("space", " ")
    assert player.look().backing.is_playing is False
    assert "BACKING" not in log_line(player.look(), Lost())
    player.do("backing_play")
    for _ in range(60):
        audition.poll()
    state = player.look()
    assert state.backing.at_s == pytest.approx(60 * 0.02, abs=0.05)
    shown = "".join(map(row_text, live_rows(state, Peaks(), Lost(), "", (200, 50), Marks("utf-8"))))
    assert "BACKING 0:01" in shown
    assert "BACKING" in log_line(state, Lost())
    assert state.values["backing_at"] == 1.0
    assert json.loads(json.dumps(state.to_json()))["backing"]["name"] == "song.wav"
    assert details_of(player)["backing"] == {"name": "song.wav", "seconds": 10.0}
    player.do("backing", text="none")
    assert player.look().backing is None
    audition.poll()
    assert "Backing  none" in audition.told.text


def test_every_value_of_it_is_a_command_that_keeps_to_its_range(audition):
    player = loaded(audition)
    for name, asked, found in (
        ("backing_volume", 100, 12.0),
        ("backing_volume", -100, -60.0),
        ("backing_from", 4, 4.0),
        ("backing_to", 3, 4.1),
        ("backing_to", 1000, 10.0),
        ("backing_from", 1000, 9.9),
        ("backing_count_in", 100, 32.0),
        ("backing_bpm", 1, 20.0),
        ("backing_once", True, True),
    ):
        player.commands.carry_out(name, asked)
        assert player.value(name) == pytest.approx(found)
    player.commands.carry_out("backing_from", 2)
    player.commands.carry_out("backing_at", 5)
    assert player.value("backing_at") == 5.0
    assert "2.00 to 10.00 s of 10.0 s" in audition.told.text


def test_without_a_track_it_is_said_how_to_get_one(audition):
    for name, value in (("backing_play", True), ("backing_from", 1), ("backing_to", 1), ("backing_at", 1)):
        with pytest.raises(RigError, match="There is no backing track"):
            audition.player.commands.carry_out(name, value)
    audition.player.commands.carry_out("backing_volume", -3)
    assert audition.player.value("backing_volume") == -3.0


def test_a_track_that_is_named_from_elsewhere_lies_where_rig_runs(audition, tmp_path):
    player = audition.player
    for path in ("/etc/passwd", "../x.wav", "a/b.wav", "~x", ".x"):
        with pytest.raises(RigError, match="backing takes the bare name of a file"):
            player.commands.carry_out("backing", path)
    player.commands.carry_out("backing", "song.wav")
    until(audition, lambda: player.backing.track is not None, "the track")


def test_another_one_may_lie_beside_the_one_that_plays(audition, tmp_path):
    (tmp_path / "more").mkdir()
    for name in ("one.wav", "two.wav"):
        written(tmp_path / "more" / name, noises(RATE))
    player = loaded(audition, "more/one.wav")
    player.do("backing", text="two.wav")
    until(audition, lambda: player.backing.track.path.name == "two.wav", "the other one")


def test_a_take_holds_the_guitar_alone(audition, tmp_path):
    player = loaded(audition)
    player.recorder.folder = tmp_path / "takes"
    player.do("backing_play")
    player.do("mute")
    player.do("mute")
    player.recorder.begin()
    heard = audition.bench.stereo(np.zeros(RATE))
    player.recorder.close()
    assert np.abs(heard).max() > 0.05
    import soundfile as sf

    (path,) = (tmp_path / "takes").glob("* out.wav")
    assert np.abs(sf.read(path)[0]).max() < 1e-3  # what a model answers to silence


def test_one_that_plays_goes_on_in_the_snapshot_of_a_player(audition):
    player = loaded(audition)
    player.do("backing_play")
    for _ in range(60):
        audition.poll()
    kept = player.snapshot()["backing"]
    assert kept["is_playing"]
    assert kept["at"] == pytest.approx(60 * 0.02 * RATE, abs=0.05 * RATE)
    player.backing.restore(kept)
    until(audition, lambda: player.backing.at_s > 1.5, "it to go on")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--backing", "missing.wav"), "missing.wav: no such file"),
        (("--backing", A2), "not an audio file"),
        (("--backing-from", "5", "--backing-to", "3"), "has to lie before"),
        (("--backing-from", "120%"), "write seconds, such as 12.5, or a share"),
        (("--backing-to", "soon"), "write seconds, such as 12.5, or a share"),
        (("--backing-db", "40"), "--backing-db 40: it takes -60 to 12"),
        (("--backing-bpm", "0"), "--backing-bpm 0: it takes 20 to 400"),
        (("--backing-count-in", "-1"), "--backing-count-in -1: it takes 0 to 32"),
    ],
)
def test_an_option_that_cannot_be_is_refused_before_any_server_is_asked(options, why, tmp_path):
    refused(forked("play", A2, *options, cwd=tmp_path), why)
