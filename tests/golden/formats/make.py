"""Writes every kind of file a user of rig can have. It was run with commit 94e23d2, by the code of that commit.

The data beside this script is what came out. It is never made again: later versions have to read these very files, so
this script keeps the names of its commit. To run it, check that commit out, copy this script to the same place in it
and start it there; the folders then appear in the working directory.

Captures, impulse responses and comparisons are made by make_captures.py. Some of their
files are kept as .xz: a WAV file of 35 s is mostly silence here, and a script of the trainer's is none of ours.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
from make_captures import capture, compared, impulse

HERE = Path.cwd()
USER = {"XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache"}
RATE = 48000


def main() -> None:
    for make in (gear, presets, saved_by_the_player, config, midi, levels, last_state, measured, tests_of_hearing):
        make()
    takes()
    exported()
    for make in (capture, impulse, compared):
        make(HERE)


def gear() -> None:
    """Models of two numbers, one of them without any metadata, and impulse responses."""
    from rig import wav

    folder = HERE / "gear"
    folder.mkdir()
    base = {"version": "0.5.4", "architecture": "Linear", "config": {"receptive_field": 2, "bias": False}}
    said = {"name": "Half", "loudness": -24.0, "input_level_dbu": 15.0, "output_level_dbu": 9.5}
    for name, weights, metadata in (
        ("half", [0.5, 0.0], {"metadata": said}),
        ("unstated", [0.75, -0.25], {}),
        ("late", [0.0, 0.4], {}),
    ):
        content = {**base, **metadata, "weights": weights, "sample_rate": RATE}
        (folder / f"{name}.nam").write_text(json.dumps(content), encoding="utf-8")
    for number, name in enumerate(("57", "121", "u87", "room")):
        taps = np.random.default_rng(number).standard_normal(96) * np.exp(-np.arange(96) / 12)
        wav.write(folder / f"{name}.wav", 0.3 * taps, RATE, "PCM_24")


def presets() -> None:
    from rig.preset import CabinetPart, Preset

    folder, model, gear = HERE / "presets", HERE / "gear" / "half.nam", HERE / "gear"
    folder.mkdir()
    mix = (
        CabinetPart(gear / "57.wav", -3.0, 0.2, -0.5, False),
        CabinetPart(gear / "121.wav", 1.25, -0.14, 0.5, True),
        CabinetPart(gear / "u87.wav", -40.0, 20.0, 1.0, False),
        CabinetPart(gear / "room.wav", 0.0, 0.0, -1.0, True),
    )
    everything = Preset(
        name='Lead "hot" \\ Größe',
        model=model,
        size=0.25,
        cabinet=mix,
        aligned=True,
        no_cabinet=True,
        bypass=True,
        level_mode="calibrated",
        input_trim_db=-1.5,
        output_trim_db=2.25,
        preamp_gain_db=17.0,
        equal_loudness=False,
        loudness_lufs=-21.37,
        gate={"threshold_dbfs": -52.0, "on": True},
        rumble_hz=60.0,
        notes="bridge pickup\nsecond line\tand a tab",
        number=127,
    )
    one = (CabinetPart(gear / "57.wav"),)
    for file, preset in (
        ("everything", everything),
        ("minimal", Preset("minimal", model)),
        ("one cabinet", Preset("one cabinet", model, cabinet=one, level_mode="normalized", number=0)),
        ("raw", Preset("raw", gear / "unstated.nam", level_mode="raw", equal_loudness=True, loudness_lufs=-18.0)),
        ("bypassed", Preset("bypassed", model, bypass=True, cabinet=one, gate={"on": False})),
    ):
        (folder / f"{file}.toml").write_text(preset.text(folder), encoding="utf-8")
    by_hand = (
        "# As a person writes it.\r\n"
        'schema = 1\nmodel = "../gear/half.nam" # relative\nir = "../gear/121.wav"\nlevel = "raw"\n'
        "output_trim_db = -2\nnumber = 12\nrumble_hz = 80\nreverb = 3\n\n[gate]\non = true\nthreshold_dbfs = -60\n"
    )
    (folder / "by hand.toml").write_bytes(by_hand.encode())


def saved_by_the_player() -> None:
    """`P` in `rig play`, with a mix, gate and rumble filter that were set by keys."""
    stage, player = on_stage()
    for command, number in (("next_model", 0), ("mix_add", 0), ("next_ir", 0), ("part_invert", 0), ("rumble", 0)):
        player.do(command, number)
        assert player.arrive(20)
        for _ in range(20):
            stage.process(np.zeros(4800, np.float32))
            player.tend()
    for name, value in (
        *(("part_gain", -4.5), ("part_delay", 0.3), ("part_pan", 0.25), ("output_trim", -6.0), ("input_trim", 1.5)),
        *(("gate_threshold", -48.0), ("gate", 1.0), ("preamp_gain", 11.0)),
    ):
        player.set(name, value)
    player.presets.folder = HERE / "presets"
    player.do("save_preset", 0, "Saved while playing")
    for _ in range(50):
        time.sleep(0.05)
        stage.process(np.zeros(4800, np.float32))
        player.tend()
    player.close()
    assert (HERE / "presets" / "Saved while playing.toml").exists()


def on_stage():
    from rig.control.player import Player

    from rig.backends.offline import Offline
    from rig.engine import Engine

    engine = Engine(RATE, guard=True)
    backend = Offline(RATE, 64)
    backend.start(engine.block_address, engine.address)
    gear = HERE / "gear"
    player = Player(engine, print, [gear / "half.nam", gear / "unstated.nam"], [gear / "57.wav", gear / "121.wav"])
    player.start()
    backend.process(np.zeros(RATE, np.float32))
    player.tend()
    return backend, player


def config() -> None:
    """What lies in the configuration folder: calibration, favourites, and the table that only people write."""
    from rig.favourites import Favourites
    from rig.settings import KnownLevel, Ports, RoundTrip, remember, settings_file

    remember(settings_file(), interface=KnownLevel(12.2, "table", "2026-01-31", "Apollo 8x"))
    remember(settings_file(), send=KnownLevel(18.34, "multimeter", "2026-02-01"))
    remember(settings_file(), returned=KnownLevel(12.34, "multimeter", "2026-02-02"))
    remember(settings_file(), round_trip=RoundTrip(201.25, 64, "2026-02-03"))
    remember(settings_file(), ports=Ports("system:playback_3", "system:capture_2"))
    favourites = Favourites(print)
    favourites.change(Path("/home/player/irs/v30/57.wav"), "a1" * 32, favourite=True)
    favourites.change(Path("/home/player/irs/v30/121.wav"), "b2" * 32, note='solo, "dark"; Größe')
    favourites.change(Path("/home/player/irs/room.wav"), "c3" * 32, favourite=True, note="for records")
    (HERE / "config" / "rig" / "interfaces.toml").write_text(
        'schema = 1\n\n[[interface]]\nmaker = "Behringer"\nmodel = "UMC202HD"\naliases = ["my box"]\n'
        'max_inst_dbu = 0.4\nmax_line_out_dbu = 12\nline_settings = { plus4dbu = 20.0 }\nbasis = "measured"\n'
        'note = "pad off"\n',
        encoding="utf-8",
    )


def midi() -> None:
    """A mapping that people began and `rig midi learn` went on with, and the events of the last session."""
    from rig.control.midi_heard import Happened, keep_last
    from rig.control.midi_learn import Heard, keep, wished
    from rig.control.midi_map import mapping_file

    path = mapping_file()
    path.write_text(
        "# My pedal board.\nprogram_change = false\nchannel = 3\n\n[[control]]  # expression\ncc = 7\n"
        'command = "volume"\nlow = -40.0\nhigh = 0\ncurve = "exp"\npickup = false\n\n'
        '[[program]]\nprogram = 3\nchannel = 16\ncommand = "bypass"\n',
        encoding="utf-8",
    )
    for wish, heard in (
        ("output_trim -20 20 log jump", Heard("control", 11, 1, 5)),
        ("mute change", Heard("control", 64, 2, 127)),
        ("output_trim -", Heard("note", 60, 3, 90)),
        ("preset 7", Heard("note", 61, 3, 90)),
        ("search_ir v30 57", Heard("program", 5, 4)),
        ("gate any", Heard("control", 65, 2, 127)),
    ):
        keep(path, wished(wish).binding(heard))
    keep_last(
        [
            Happened(
                "20:00:01", "CC 7 = 64, channel 1", "volume, -40 to 0 dB, exp, jumps", "set", -12.5, 4800, 17, 4817
            ),
            Happened("20:00:02", "note 60, velocity 90, channel 3", "", "nothing: bound to nothing", None, 9600, 0, 0),
        ]
    )


def levels() -> None:
    """The input levels of models that the player entered."""
    from rig.remembered import remember_input_level

    remember_input_level("d4" * 32, "e570.nam", 15.0)
    remember_input_level("e5" * 32, "Größe.nam", -2.5)


def last_state() -> None:
    from rig.laststate import LastState, state_file
    from rig.preset import CabinetPart, Preset

    from rig.levels import Level

    cabinet = (CabinetPart(HERE / "gear" / "57.wav", -2.0, 0.5, 0.0, True),)
    preset = Preset("Lead", HERE / "gear" / "half.nam", cabinet=cabinet, level_mode="raw", rumble_hz=40.0)
    LastState(preset, Path("/home/player/presets/friday"), Level(12.2, "Apollo 8x, article")).keep()
    assert state_file() == HERE / "state" / "rig" / "last.toml"


def measured() -> None:
    from rig.measured import measure

    from rig.nam import Model

    for name in ("unstated", "late"):
        measure(Model.load(HERE / "gear" / f"{name}.nam"))


def tests_of_hearing() -> None:
    """A blind test that is finished, and one with three of ten answers that was interrupted twice."""
    from rig.cli.ab import KEPT
    from rig.control.ab import _described
    from rig.ir import IR

    from rig.compare.abx import BlindTest
    from rig.levels import Level
    from rig.nam import Model
    from rig.sound import Sound

    a = Sound(
        Model.load(HERE / "gear" / "half.nam"),
        IR.load(HERE / "gear" / "57.wav", sample_rate=RATE),
        Level(12.2, "entered"),
    )
    b = a.changed(model=Model.load(HERE / "gear" / "unstated.nam")).with_loudness()
    command = dict.fromkeys(KEPT) | {
        "model": "/home/player/models/half.nam",
        "ir": "/home/player/irs/57.wav",
        "against": "/home/player/models/unstated.nam",
        "no_ir": False,
        "split": False,
        "size": 1.0,
        "preamp_gain_db": 0.0,
        "max_input_dbu": 12.2,
    }
    match = {"match_db": -1.25}
    setup = {
        "sides": ["half.nam", "unstated.nam"],
        "a": _described(a),
        "b": _described(b),
        "gear": None,
        "sample_rate": RATE,
        "match": match,
        "match_trim_db": 0.5,
        "rig": "0.1.0",
        "command": command,
        "block_size": 64,
        "connections": {"send": [], "return": []},
        "di": "f6" * 32,
    }
    (HERE / "abx").mkdir()
    finished = BlindTest.begin(HERE / "abx" / "finished.json", 8, setup)
    secret = finished._order
    while not finished.is_finished:
        finished.answer("A" if finished.answered in (2, 5) else finished.x)
    finished.forget_key()
    under_way = BlindTest.begin(HERE / "abx" / "under way.json", 10, setup)
    under_way.describe({"listener": "Größe"})
    for answer in "ABB":
        under_way.answer(answer)
    under_way.went_on({"match": match})
    under_way.went_on({"match": None})
    orders = {"finished": secret, "under way": under_way._order}
    (HERE / "abx" / "orders.json").write_text(json.dumps(orders, indent=1) + "\n", encoding="utf-8")


def takes() -> None:
    """A take by the player, and one whose program was killed."""
    from rig.recording.take import Take

    stage, player = on_stage()
    player.recorder.folder = HERE / "recordings"
    player.do("rumble")
    player.do("record")
    sound = (0.3 * np.sin(np.arange(4800) / 20)).astype(np.float32)
    stage.process(sound)
    player.do("record")
    stage.process(np.zeros(640, np.float32))
    player.recorder.close()
    player.close()
    began = datetime(2026, 3, 4, 20, 15, 30, tzinfo=timezone(timedelta(hours=1)))
    killed = Take(HERE / "recordings", "Lead: hot", RATE, {"model": "half.nam"}, now=began)
    killed.write(np.linspace(-1, 1, 900, dtype=np.float32).reshape(3, 300))


def exported() -> None:
    from rig.cabinet.exporting import export
    from rig.ir import IR

    (HERE / "exports").mkdir()
    ir = IR.load(HERE / "gear" / "121.wav", sample_rate=RATE)
    done = export(ir, HERE / "exports" / "121 short.wav", samples=64, normalize=True)
    (HERE / "exports" / "121 short.json").write_text(json.dumps(done.to_json(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    compiled = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "rig" / "compiled"
    compiled.mkdir(parents=True, exist_ok=True)
    (HERE / "cache" / "rig").mkdir(parents=True)
    (HERE / "cache" / "rig" / "compiled").symlink_to(compiled)
    for name, folder in USER.items():
        os.environ[name] = str(HERE / folder)
    import rig

    print(rig.__file__, file=sys.stderr)
    main()
    (HERE / "cache" / "rig" / "compiled").unlink()
    shutil.rmtree(HERE / "cache" / "matplotlib", ignore_errors=True)
