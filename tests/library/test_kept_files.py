"""What rig keeps for its user: read within limits, never overwritten unread, and lost by no second rig."""

import json
import multiprocessing
import os
import stat

import pytest

from rig.errors import ConfigError
from rig.files.json_file import Damaged, read_record
from rig.library import entered_levels
from rig.library.calibrated_levels import KnownLevel, Settings, load_settings, remember
from rig.library.favourites import FILE_NAME, Favourites
from rig.player.midi import log
from rig.player.midi.learn import keep
from rig.player.midi.mapping import Binding, load_mapping

SEND = {"dbu": 18.3, "method": "multimeter", "date": "2026-01-31"}
HUGE = "1" + "0" * 400


def calibration(**parts):
    return json.dumps({"schema": 1, "send": SEND, **parts}).replace('"HUGE"', HUGE)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (calibration(round_trip={"samples": 201, "period": float("inf"), "method": "n", "date": "d"}), "Infinity"),
        (
            calibration(round_trip={"samples": 1, "period": 1.5, "method": "n", "date": "d"}),
            r"round_trip\.period is 1\.5",
        ),
        (calibration(interface={"dbu": "HUGE", "method": "x", "date": "y"}), "interface.dbu is a number of very many"),
        (calibration(interface={"dbu": 1, "method": "x", "date": "y"}).replace("1,", "1e400,", 1), "schema is inf"),
        (calibration(interface={"dbu": 0, "method": "x", "date": "y"}).replace(": 0,", ": 1e400,"), "dbu is inf"),
        ('{"schema": ' + "9" * 5000 + "}", "a number of thousands of digits"),
        (
            calibration(interface={"dbu": True, "method": "x", "date": "y"}),
            r"interface\.dbu is true, expected a number",
        ),
        (
            calibration(interface={"dbu": 1, "method": "\ud800", "date": "y"}),
            r"interface\.method is .*, expected a text",
        ),
        (calibration(ports={"send": 1, "return": "x"}), r"ports\.send is 1, expected a text"),
        (calibration(send=[1]), r"send is \[1\], expected an object"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_a_calibration_that_holds_no_numbers_is_one_sentence_that_names_the_field(tmp_path, text, sentence):
    (path := tmp_path / "calibration.json").write_text(text)
    with pytest.raises(ConfigError, match=rf"calibration\.json: damaged, .*{sentence}") as raised:
        load_settings(path)
    assert str(raised.value).isprintable() and len(str(raised.value)) < 400
    with pytest.raises(ConfigError):
        remember(path, send=KnownLevel(1.0, "x", "y"))
    assert path.read_text() == text


@pytest.mark.parametrize("value", [HUGE, "1e400", "1e39", "true", '"loud"', "null", "{}"])
def test_an_entered_level_that_is_no_level_is_set_aside(tmp_path, value):
    path = tmp_path / entered_levels.FILE_NAME
    text = '{"schema": 1, "input_levels": {"aa": {"name": "e570.nam", "dbu": VALUE}}}'
    path.write_text(text.replace("VALUE", value))
    told = []
    assert entered_levels.input_level("aa", directory=tmp_path, tell=told.append) is None
    assert "input_levels.aa.dbu is" in told[0] and "it is kept as models.json.broken-1" in told[0]


def test_what_was_heard_over_midi_is_nothing_where_the_file_is_wrong(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    log.last_file().parent.mkdir(parents=True)
    event = {"time": "1", "message": "m", "command": "c", "outcome": "o", "value": None, "period": 1, "offset": 0}
    for wrong in ("1e999", HUGE, "-1", "true", '"x"'):
        text = json.dumps({"schema": 1, "ended": "now", "events": [{**event, "acted_at": 0}]})
        log.last_file().write_text(text.replace('"acted_at": 0', f'"acted_at": {wrong}'))
        assert log.last_events() == ("", [])
    log.last_file().write_text(text)
    assert len(log.last_events()[1]) == 1


def test_a_file_larger_than_any_list_and_a_pipe_are_never_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="a pipe or device"):
        read_record(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(Damaged, match="more than 8 MiB"):
        read_record(tmp_path / "large")


def test_a_list_that_cannot_be_read_just_now_is_never_overwritten(tmp_path):
    path = tmp_path / FILE_NAME
    path.mkdir()  # as good as another user's file, and true for root as well
    told = []
    favourites = Favourites(told.append, tmp_path)
    assert "cannot be read" in told[0]
    with pytest.raises(ConfigError, match=r"57\.wav could not be noted .* for this session only"):
        favourites.change(tmp_path / "57.wav", "aa", favourite=True)
    assert stat.S_ISDIR(path.stat().st_mode)
    assert favourites.among([tmp_path / "57.wav"]) == {tmp_path / "57.wav"}


def test_a_calibration_that_cannot_be_read_just_now_costs_a_note_and_is_never_overwritten(tmp_path, capsys):
    (path := tmp_path / "calibration.json").mkdir()
    assert load_settings(path) == Settings()
    assert "cannot be read (Is a directory): what was calibrated is not used." in capsys.readouterr().err
    with pytest.raises(ConfigError, match="could not be kept"):
        remember(path, send=KnownLevel(1.0, "x", "y"))
    assert path.is_dir()


def test_a_note_of_anything_can_be_read_again(tmp_path):
    name = tmp_path / os.fsdecode(b"caf\xe9.wav")
    Favourites(print, tmp_path).change(name, "aa", favourite=True, note="a\ud800\x1b[2J")
    kept = Favourites(pytest.fail, tmp_path).of(name)
    assert kept.note == "a\\ud800\\x1b[2J" and kept.path == str(name)
    remember(tmp_path / "c.json", interface=KnownLevel(1.0, "x", "y", name="\udce9"))
    assert load_settings(tmp_path / "c.json").interface.name == "\\xe9"


def _write(folder, writer, count):
    favourites = Favourites(print, folder)
    for i in range(count):
        favourites.change(folder / f"{writer}-{i}.wav", f"{writer}-{i}", favourite=True)
        entered_levels.remember_input_level(f"{writer}-{i}", f"{i}.nam", 1.0, directory=folder)
        keep(folder / "midi.toml", Binding("note", 20 * writer + i, "mute", 1))


def test_two_rigs_that_write_at_once_lose_nothing(tmp_path):
    count, start = 15, multiprocessing.get_context("fork")
    writers = [start.Process(target=_write, args=(tmp_path, writer, count)) for writer in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    assert len(json.loads((tmp_path / FILE_NAME).read_text())["cabinets"]) == 3 * count
    assert len(json.loads((tmp_path / entered_levels.FILE_NAME).read_text())["input_levels"]) == 3 * count
    assert len(load_mapping(tmp_path / "midi.toml").bindings) == 3 * count
