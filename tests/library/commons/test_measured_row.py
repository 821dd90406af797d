"""`rig calibrate --row`: what was measured becomes a row that passes the check; what was not says how to measure it."""

import json
import platform
import socket
import tomllib

import pytest
from commandline import called, refused

from rig.errors import ConfigError
from rig.library.calibrated_levels import KnownLevel, Settings, load_settings, remember
from rig.library.commons.measured_row import AGAINST_SEND, measured, row_text
from rig.library.commons.row_check import check_file

DAY = "2026-11-29"
SEND = KnownLevel(14.22, "multimeter", DAY)
LOOPED = KnownLevel(0.43, AGAINST_SEND, "2026-11-30", send="multimeter")
RETURNED = KnownLevel(23.18, "multimeter", "2026-11-28", send="multimeter")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return lambda *words: called(capsys, "calibrate", *words)


def test_what_was_measured_is_written_and_passes_the_check(run, tmp_path):
    remember(interface=LOOPED, send=SEND)
    done = run("--row", "row.toml", "--interface", "umc-202-hd", "--meter", "Fluke 179", "--driver", "ALSA")
    assert done.returncode == 0, done.stderr
    assert "Behringer UMC202HD: instrument 0.4 dBu" in done.stdout
    assert check_file(tmp_path / "row.toml").problems == []
    content = tomllib.loads((tmp_path / "row.toml").read_text())
    (row,) = content["interface"]
    assert (content["schema"], content["license"]) == (2, "CC0-1.0")
    assert (row["maker"], row["model"], row["max_inst_dbu"]) == ("Behringer", "UMC202HD", 0.4)
    assert (row["basis"], row["date"], row["meter"], row["driver"]) == ("measured", "2026-11-30", "Fluke 179", "ALSA")
    assert "the meter had read, gain at minimum" in row["method"] and row["source"].startswith("measured with rig ")


def test_nothing_in_it_tells_of_who_measured(run, tmp_path, monkeypatch):
    monkeypatch.setenv("USER", "jo-of-the-cellar")
    monkeypatch.setattr("platform.release", lambda: "6.1.0-built-by-jo")
    remember(interface=LOOPED)
    assert run("--row", "row.toml", "--interface", "m4", "--meter", "Fluke 179").returncode == 0
    text = (tmp_path / "row.toml").read_text()
    for secret in (socket.gethostname(), "jo-of-the-cellar", "built-by", str(tmp_path), "system:", "capture_1"):
        assert secret not in text
    assert f'system = "{platform.system()} 6.1"\n' in text


def test_gain_that_was_dialled_in_is_told(tmp_path):
    found = measured(Settings(interface=KnownLevel(0.4, AGAINST_SEND, DAY, send="multimeter", gain_db=5.0)))
    assert "but for 5 dB by its own scale, taken off" in found.methods[0]


def test_send_and_return_go_in_where_it_is_said_what_they_were(run, tmp_path):
    remember(interface=LOOPED, send=SEND, returned=RETURNED)
    words = ("--row", "row.toml", "--interface", "umc202hd", "--meter", "Fluke 179")
    assert run(*words, "--send-is", "line-out", "--return-is", "line").returncode == 0
    (row,) = tomllib.loads((tmp_path / "row.toml").read_text())["interface"]
    assert [row[key] for key in ("max_inst_dbu", "max_line_out_dbu", "max_line_dbu")] == [0.4, 14.2, 23.2]
    assert row["date"] == "2026-11-30" and len(row["method"].split("; ")) == 3
    assert check_file(tmp_path / "row.toml").problems == []
    with pytest.raises(ConfigError, match="The level of the send is not known"):
        measured(Settings(interface=LOOPED), send_is="line-out")
    with pytest.raises(ConfigError, match="The send is not measured but known by spec"):
        measured(Settings(interface=LOOPED, send=KnownLevel(18.0, "spec", DAY)), send_is="line-out")


@pytest.mark.parametrize(
    ("interface", "sentence"),
    [
        (None, "Nothing was measured: the level of the interface is not known; measure it: `rig calibrate send`"),
        (KnownLevel(12.2, "table, article", DAY, "Apollo 8x"), "is known by table, article; measure it"),
        (KnownLevel(12.2, "entered by you", DAY), "is known by entered by you; measure it"),
        (KnownLevel(12.2, AGAINST_SEND, DAY, send="spec"), "a send whose own level was spec, .*then rig calibrate int"),
        (KnownLevel(12.2, AGAINST_SEND, DAY, send="entered by you"), "a send whose own level was entered by you"),
        (KnownLevel(12.2, AGAINST_SEND, DAY), "a send whose own level is not told, and a row needs one that was read"),
    ],
)
def test_where_nothing_was_measured_it_says_how_to_measure(run, tmp_path, interface, sentence):
    if interface is not None:
        remember(interface=interface)
    refused(run("--row", "row.toml", "--interface", "m4", "--meter", "Fluke 179"), sentence)
    assert not (tmp_path / "row.toml").exists()


def test_what_would_be_a_bad_row_is_not_written(run, tmp_path):
    remember(interface=LOOPED)
    words = ("--row", "row.toml", "--interface", "m4", "--meter")
    refused(run(*words, "Fluke 179, S/N 12345678"), "The row would be a bad one: meter holds a serial number")
    refused(run(*words, "jo@example.org's meter"), "meter holds an e-mail address")
    refused(run(*words, "\udce9"), "holds what is no text")
    remember(interface=KnownLevel(59.0, AGAINST_SEND, DAY, send="multimeter"))
    refused(run(*words, "Fluke 179"), "max_inst_dbu is 59.0, expected a level in dBu from -20 to 32")
    assert not (tmp_path / "row.toml").exists()


def test_a_new_interface_is_named_by_maker_and_model(run, tmp_path):
    remember(interface=LOOPED)
    refused(
        run("--row", "row.toml", "--interface", "box 9", "--meter", "Fluke 179"), "--maker NAME --model NAME of a new"
    )
    assert run("--row", "row.toml", "--maker", "Somebody", "--model", "Box 9", "--meter", "Fluke 179").returncode == 0
    assert tomllib.loads((tmp_path / "row.toml").read_text())["interface"][0]["model"] == "Box 9"
    refused(run("--row", "row.toml", "--interface", "m4", "--meter", "Fluke 179"), "the file exists already")


def test_the_name_of_a_part_is_no_file_and_options_of_a_row_need_one(run):
    refused(run("--row", "send"), "--row takes the name of a TOML file, such as row.toml, not 'send'")
    refused(run("--meter", "Fluke 179"), "--meter goes with --row")
    refused(run("--row", "row.toml", "send", "--volts", "1"), "first rig calibrate send, then --row alone")


def test_a_program_gets_the_row(run):
    remember(interface=LOOPED)
    done = run("--row", "row.toml", "--interface", "m4", "--meter", "Fluke 179", "--json")
    assert json.loads(done.stdout)["row"]["model"] == "M4"


def test_how_the_send_was_known_is_kept_with_what_was_measured_against_it(tmp_path):
    path = tmp_path / "calibration.json"
    remember(path, interface=KnownLevel(0.43, AGAINST_SEND, DAY, send="multimeter", gain_db=5.0), returned=RETURNED)
    kept = load_settings(path)
    assert (kept.interface.send, kept.interface.gain_db, kept.returned.send) == ("multimeter", 5.0, "multimeter")
    assert "gain_db" not in json.loads(path.read_text())["return"]
    path.write_text(path.read_text().replace("5.0", '"much"'))
    with pytest.raises(ConfigError, match=r'interface\.gain_db is "much", expected a number from 0 to 80'):
        load_settings(path)


def test_a_text_that_is_none_is_refused_before_it_is_written():
    with pytest.raises(ValueError, match="surrogates"):
        row_text(measured(Settings(interface=LOOPED)), "Some\udce9", "Box", "Fluke 179", "0.1.0")
