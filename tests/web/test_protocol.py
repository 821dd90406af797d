"""The protocol as the docs say it: hello, state and patches, commands and answers, lists, events, meters."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time

import pytest
from auditioning import five_cabinets
from paged import Paged, until
from rigs import NANO

from rig.errors import RigError
from rig.player.commands import COMMANDS
from rig.player.events import Event
from rig.web.merge_patch import patch_between, patched
from rig.web.meters import GUITAR, METERS, OUTPUT, read_frame


@pytest.fixture
def paged(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with Paged(irs=five_cabinets(tmp_path, monkeypatch)) as made:
        yield made


def read_until(ws, key, seconds=5.0):
    """All messages up to the first with a key."""
    found, end = [], time.monotonic() + seconds
    while not found or key not in found[-1]:
        message = ws.recv(max(0.0, end - time.monotonic()))
        if isinstance(message, str):
            found.append(json.loads(message))
    return found


def test_hello_names_version_commands_and_meters(paged):
    ws, hello, state = paged.greeted()
    assert (hello["version"], hello["view"]) == (1, "play")
    commands = {command["name"]: command for command in hello["commands"]}
    assert set(commands) == set(COMMANDS) - {"open_irs", "open_second"}
    assert commands["volume"]["low"] == -60.0
    assert commands["level_mode"]["choices"] == ["normalized", "raw", "calibrated"]
    assert commands["quit"]["danger"] is True
    assert "input_peak_dbfs" in hello["meters"]["1"]
    assert len(hello["spectrum_hz"]) == 96
    assert state["state"]["model"]["name"] == NANO.name
    assert set(state["state"]["values"]) == {name for name, c in COMMANDS.items() if c.get is not None}
    ws.close()


def test_what_a_command_changed_comes_before_its_answer(paged):
    ws, _, state = paged.greeted()
    ws.send(json.dumps({"do": "mute", "value": True, "id": 7}))
    messages = read_until(ws, "ok")
    (patch,) = [m for m in messages if "set" in m and "mute" in m["set"].get("values", {})]
    assert patch["set"]["values"] == {"mute": True}
    assert patch["rev"] == state["rev"] + 1 + sum("set" in m for m in messages[: messages.index(patch)])
    assert messages[-1] == {"ok": 7}
    told = [m["event"]["text"] for m in messages if "event" in m]
    assert [text for text in told if "cabinets" not in text] == ["Muted."]  # they tell when they have been read
    assert paged.player.muted
    ws.close()


def test_a_remote_that_is_not_asked_for_a_while_goes_on_reading_and_answers_pings(paged):
    with paged.remote() as rig:
        for number in range(200):  # far more than websockets would let wait by itself
            paged.page.post(Event("state", f"news {number}"))
        assert rig._ws.ping().wait(10.0)
        rig.do("volume", -3)
        assert rig.state["values"]["volume"] == -3.0
        rig.do("volume", 0)


def test_a_refused_command_is_answered_with_its_sentence(paged):
    with paged.remote() as rig:
        for name, value, why in (
            ("explode", None, "There is no command"),
            ("volume", "loud", "volume takes a number"),
            ("mute", None, "say where it shall stand"),
            ("open_irs", "/etc", "takes a folder"),
            ("export", "../x.wav", "bare name"),
            ("part_gain", 1, "There is no mix"),
        ):
            with pytest.raises(RigError, match=why):
                rig.do(name, value)
        rig.do("volume", -200)
        assert rig.state["values"]["volume"] == -60.0


def test_the_state_that_patches_made_is_the_state_that_is_asked_for(paged):
    with paged.remote() as rig:
        for name, value in (
            ("volume", -12),
            ("cabinet", 3),
            ("rumble", 60),
            ("max_input", 12.2),
            ("tuner", True),
            ("tuner", False),
            ("record_loop", True),
            ("record_loop", False),
            ("interface", "none"),
            ("no_cabinet", True),
        ):
            with_error = name == "record_loop" and value is False  # too short
            try:
                rig.do(name, value)
            except RigError:
                assert with_error
        time.sleep(0.5)
        rig.do("volume", -13)
        made = rig.state
        rig._send({"ask": "state"})
        whole = rig._until("state")
        assert without_nulls(whole["state"]) == without_nulls(made)
        assert whole["rev"] == rig.rev


def without_nulls(value):
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return value


def test_patches_are_those_of_the_standard():
    before = {"a": 1, "b": {"c": [1, 2], "d": None}, "e": True, "f": {"g": 1}}
    after = {"a": 1.0, "b": {"c": [1, 3], "d": {"x": 0}}, "e": 1, "f": None}
    patch = patch_between(before, after)
    assert patch == {"a": 1.0, "b": {"c": [1, 3], "d": {"x": 0}}, "e": 1, "f": None}
    assert type(patch["e"]) is int  # true and 1 are not the same
    assert patched(before, patch) == {"a": 1.0, "b": {"c": [1, 3], "d": {"x": 0}}, "e": 1}
    assert patch_between(after, dict(after)) == {}


def test_lists_have_numbers_that_change_with_them(paged):
    with paged.remote() as rig:
        cabinets = rig.list("cabinets")
        assert [item["name"] for item in cabinets["items"]] == [f"mic{i}.wav" for i in range(1, 6)]
        rig.do("cabinet", 2, of=cabinets["files"])
        until(lambda: rig.list("cabinets")["items"][2]["playing"])
        again = rig.list("cabinets")
        assert (again["files"], rig.state["lists"]["cabinets"]) == (cabinets["files"], again["rev"])
        assert again["rev"] > cabinets["rev"]
        with pytest.raises(RigError, match="The list has changed meanwhile"):
            rig.do("cabinet", 1, of=cabinets["files"] + 1)
        with pytest.raises(RigError, match="There is no list"):
            rig.list("passwords")
        for name in ("models", "presets", "problems", "favourites", "interfaces", "shapes"):
            assert isinstance(rig.list(name)["items"], list)
        disputed = {
            one["name"]: one["disputed"] for one in rig.list("interfaces")["items"] if one["source"] and one["date"]
        }
        assert disputed["Behringer UMC22"] == [22.0] and disputed["Focusrite Scarlett 4i4 4th Gen"] == []
        rig.do("favourite", True)
        until(lambda: rig.do("volume", 0) and rig.state["lists"]["cabinets"] > again["rev"])


def test_meters_come_as_they_are_asked_for(paged):
    with paged.remote() as rig:
        names = rig.hello["meters"]["1"]
        rig.watch(meters=True, spectra=True)
        kinds, began, meters = set(), time.monotonic(), []
        for kind, _, values in rig.frames():
            kinds.add(kind)
            if kind == METERS:
                meters.append(dict(zip(names, values, strict=True)))
            if kinds == {METERS, GUITAR, OUTPUT} and time.monotonic() - began > 1.0:
                break
        loudest = max(each["input_peak_dbfs"] for each in meters)
        assert -30 < loudest < 0
        assert 5 < len(meters) / (time.monotonic() - began) < 31
        assert max(each["output_peak_dbfs"] for each in meters) > -60
        assert all(math.isnan(each["tuner_hz"]) for each in meters)
        rig.watch(meters=False)
        rig.do("volume", -1)
        ids, sent = {rig._id + 1 + k for k in range(3)}, []
        for k in range(3):
            rig._id += 1
            rig._send({"do": "volume", "value": -2 - k, "id": rig._id})
            time.sleep(0.1)
        while ids:
            message = rig._next(5.0)
            sent.append(type(message))
            ids.discard(message.get("ok") if isinstance(message, dict) else None)
        assert bytes not in sent


def test_two_readers_of_a_meter_each_hear_the_loudest_peak(paged):
    engine = paged.bench.engine

    def read():
        for reader in ("one", "two"):
            engine.reading("input", reader)
        engine.reading("input")
        engine.record["input_meter"]["peak"] = 0.5
        first = engine.reading("input", "one").peak_dbfs
        engine.record["input_meter"]["peak"] = 0.25
        return first, engine.reading("input", "one").peak_dbfs, engine.reading("input", "two").peak_dbfs

    assert paged.run(read) == pytest.approx((-6.02, -12.04, -6.02), abs=0.01)


def test_a_frame_says_how_long_it_is():
    for broken in (b"", b"\x01\x01", b"\x01\x02\0\0\0\0\0\0\0\0"):
        with pytest.raises(ValueError, match="a frame"):
            read_frame(broken)


def test_events_of_before_are_in_the_hello(paged):
    with paged.remote() as rig:
        rig.do("mute", True)
    with paged.remote() as later:
        assert "Muted." in [event["text"] for event in later.hello["events"]]
        numbers = [event["n"] for event in later.hello["events"]]
        assert numbers == sorted(set(numbers))


def test_while_blind_no_name_of_a_cabinet_is_told(paged):
    with paged.remote() as rig:
        rig.do("blind", True)
        for name in ("next_ir", "mark_a", "next_ir", "mark_b"):
            rig.do(name)
            time.sleep(0.1)
        rig.events.clear()
        shown = json.dumps([rig.list(name) for name in ("cabinets", "shapes", "favourites", "problems")])
        rig._send({"ask": "state"})
        rig._until("state")
        shown += json.dumps([rig.state, rig.events])
        assert not [f"mic{i}" for i in range(1, 6) if f"mic{i}" in shown]
        with pytest.raises(RigError, match="An index would tell names"):
            rig.do("cabinet", 0)


def test_rig_says_good_bye(paged):
    ws, _, _ = paged.greeted()
    paged.page._server.stop("rig ends.")
    assert read_until(ws, "bye")[-1] == {"bye": "rig ends."}
    ws.close()


def test_what_serves_is_imported_when_something_is_served_and_not_before():
    program = (
        "import sys; import rig.cli.live.session, rig.cli.page_door, rig.web.page, rig.web.shown.shown_player\n"
        "heavy = {'websockets', 'asyncio', 'ssl', 'segno', 'zeroconf', 'rig.web.server'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "HEAVY []\n", done.stderr
