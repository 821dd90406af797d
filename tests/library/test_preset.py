"""Presets as files: what is written is read again, and every fault is one sentence with the file and the line."""

from __future__ import annotations

import dataclasses
import os
import random
from pathlib import Path

import pytest
from hostile import watched
from rigs import A2, NANO

from rig.dsp.tone.knobs import MOST_DB, NAMES
from rig.errors import PresetError
from rig.files import bundled
from rig.files.toml_file import MAX_BYTES, lines_of, parsed
from rig.levels import Level
from rig.library.last_session import LastState, offer, state_file
from rig.library.preset import (
    INPUT_TRIM_DB,
    MOST_PARTS,
    OUTPUT_TRIM_DB,
    PART_DELAY_MS,
    PART_GAIN_DB,
    CabinetPart,
    Preset,
)
from rig.player.commands import COMMANDS

IRS = bundled.irs()
HEAD = f'model = "{A2}"\n'


def loaded(folder: Path, text: str | bytes, name: str = "clean.toml") -> Preset:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Preset.load(path)


# ---------------------------------------------------------------- round trip
def anything(rng: random.Random) -> Preset:
    """Any preset at all."""

    def maybe(value):
        return value if rng.random() < 0.5 else None

    def some(most):
        return round(rng.uniform(-most, most), rng.randrange(7))

    texts = [
        "",
        'a "quoted" word',
        "back\\slash",
        "two\nlines\tand a tab",
        "Grüße \U0001f3b8",
        "\x7f\x00",
        "'''",
        '"""',
    ]
    parts = tuple(
        CabinetPart(rng.choice(IRS), some(PART_GAIN_DB), some(PART_DELAY_MS), some(1), rng.random() < 0.5)
        for _ in range(rng.randrange(MOST_PARTS + 1))
    )
    return Preset(
        name=rng.choice(["Clean", "a # b = [c]", 'say "hi"', "ü\\"]),
        model=rng.choice([A2, NANO]),
        size=round(rng.random(), 3),
        cabinet=parts,
        aligned=rng.random() < 0.5,
        no_cabinet=rng.random() < 0.5,
        bypass=rng.random() < 0.5,
        level_mode=maybe(rng.choice(["raw", "normalized", "calibrated"])),
        input_trim_db=some(INPUT_TRIM_DB),
        output_trim_db=some(OUTPUT_TRIM_DB),
        **{name: some(MOST_DB) for name in NAMES},
        preamp_gain_db=maybe(abs(some(80))),
        equal_loudness=maybe(rng.random() < 0.5),
        loudness_lufs=maybe(-abs(some(70))),
        gate={key: rng.choice([True, False, some(100)]) for key in rng.sample(["on", "threshold_dbfs", "hold_ms"], 2)},
        rumble_hz=maybe(abs(some(300))),
        notes=rng.choice(texts),
        number=maybe(rng.randrange(128)),
    )


def test_whatever_is_written_is_read_again(tmp_path):
    rng = random.Random(7)
    for _ in range(200):
        preset = anything(rng)
        (tmp_path / "it.toml").write_text(preset.text(tmp_path), encoding="utf-8")
        again = Preset.load(tmp_path / "it.toml")
        assert dataclasses.replace(again, model=preset.model, cabinet=preset.cabinet) == preset
        assert again.model.samefile(preset.model)
        for part, wanted in zip(again.cabinet, preset.cabinet, strict=True):
            assert dataclasses.replace(part, ir=wanted.ir) == wanted
            assert part.ir.samefile(wanted.ir)
        assert not again.warnings


def test_names_are_relative_to_the_file_and_survive_moving_the_whole_folder(tmp_path):
    music, other = tmp_path / "music", tmp_path / "elsewhere"
    for name in ("models", "presets"):
        (music / name).mkdir(parents=True)
    (music / "models" / "e570.nam").write_bytes(NANO.read_bytes())
    text = Preset("it", music / "models" / "e570.nam").text(music / "presets")
    assert 'model = "../models/e570.nam"' in text
    (music / "presets" / "it.toml").write_text(text)
    music.rename(other)
    assert Preset.load(other / "presets" / "it.toml").model.read_bytes() == NANO.read_bytes()
    linked = tmp_path / "link"
    linked.symlink_to(other / "presets", target_is_directory=True)
    (linked / "two.toml").write_text(Preset("two", other / "models" / "e570.nam").text(linked))
    assert Preset.load(linked / "two.toml").model.read_bytes() == NANO.read_bytes()
    assert str(NANO) in Preset("far", NANO).text(tmp_path)  # too far away to belong together


def test_a_file_written_by_hand_needs_a_model_only(tmp_path):
    preset = loaded(tmp_path, f'# mine\nmodel = "{A2}"\nir = "{IRS[0]}"  # the closed one\n')
    assert (preset.name, preset.model, preset.cabinet) == ("clean", A2, (CabinetPart(IRS[0]),))
    assert (preset.output_trim_db, preset.level_mode, preset.number, preset.warnings) == (0.0, None, None, ())
    assert loaded(tmp_path, b"\xef\xbb\xbf" + HEAD.replace("\n", "\r\n").encode()).model == A2


def test_the_ranges_of_a_preset_are_those_of_the_keys():
    for name, most in {
        "input_trim": INPUT_TRIM_DB,
        "output_trim": OUTPUT_TRIM_DB,
        "part_gain": PART_GAIN_DB,
        "part_delay": PART_DELAY_MS,
    }.items():
        assert (COMMANDS[name].low, COMMANDS[name].high) == (-most, most)


# ---------------------------------------------------------------- what is wrong
WRONG = {
    "no model": ("notes = 'x'\n", "line 1: names no model"),
    "a model that is not there": ("\nmodel = '../no/such.nam'\n", r'line 2: there is no model "../no/such.nam"'),
    "a model that is a number": ("model = 3\n", "line 1: model is 3, expected a text in quotes"),
    "a model that is a folder": ("model = '.'\n", r'line 1: there is no model "."'),
    "a name no file can have": ("model = 'a\\u0000b'\n".replace("'", '"'), "line 1: there is no model"),
    "not a number": (HEAD + "\noutput_trim_db = nan\n", "line 3: output_trim_db is nan, expected -40 to 40 dB"),
    "too loud": (HEAD + "output_trim_db = 41\n", "line 2: output_trim_db is 41, expected -40 to 40 dB"),
    "infinite": (HEAD + "input_trim_db = -inf\n", "line 2: input_trim_db is -inf, expected -20 to 20"),
    "a text for a number": (HEAD + 'preamp_gain_db = "5"\n', 'line 2: preamp_gain_db is "5", expected 0 to 80 dB'),
    "true for a number": (HEAD + "input_trim_db = true\n", "line 2: input_trim_db is true, expected"),
    "a date": (HEAD + "output_trim_db = 2026-01-31\n", "line 2: output_trim_db is 2026-01-31, expected"),
    "a level that there is not": (HEAD + "level = 'loud'\n", 'level is "loud", expected "raw" or "normalized" or'),
    "a flag in quotes": (HEAD + "bypass = 'yes'\n", 'line 2: bypass is "yes", expected true or false'),
    "a half number": (HEAD + "number = 1.5\n", "line 2: number is 1.5, expected a whole number from 0 to 127"),
    "a hexadecimal giant": (HEAD + f"number = 0x{'f' * 9000}\n", "number is a number of very many digits, expected"),
    "a decimal giant": (HEAD + f"number = {'9' * 9000}\n", "a number with thousands of digits"),
    "another schema": ("schema = 2\n" + HEAD, "line 1: schema is 2, expected 1"),
    "a name of two lines": (HEAD + 'name = "a\\nb"\n', "line 2: name is .*, expected a name on one line"),
    "too long notes": (HEAD + f'notes = "{"x" * 30000}"\n', "line 2: notes has 30000 characters; 20000 at most"),
    "a part without a file": (HEAD + "\n[[cabinet]]\ngain_db = 3\n", r"line 3: this \[\[cabinet\]\] names no file"),
    "a wrong second part": (
        HEAD + f"[[cabinet]]\nir = '{IRS[0]}'\n[[cabinet]]\nir = '{IRS[1]}'\npan = 2.0\n",
        "line 6: pan is 2.0, expected -1 to 1",
    ),
    "five parts": (HEAD + f"[[cabinet]]\nir = '{IRS[0]}'\n" * 5, "line 10: 5 cabinets; a mix takes 4"),
    "a cabinet that is no table": (HEAD + "cabinet = ['a']\n", r'line 2: cabinet is \["a"\], expected tables that'),
    "two ways to name a cabinet": (
        HEAD + f"ir = '{IRS[0]}'\n[[cabinet]]\nir = '{IRS[0]}'\n",
        r"line 2: ir and \[\[cabinet\]\] both",
    ),
    "a gate that is no table": (HEAD + "gate = true\n", r"line 2: gate is true, expected a table \[gate\]"),
    "a gate of text": (HEAD + "[gate]\non = true\nthreshold_dbfs = 'low'\n", "line 4: threshold_dbfs is"),
    "a gate of nan": (HEAD + "[gate]\nthreshold_dbfs = nan\n", "line 3: threshold_dbfs is nan"),
    "a rumble too high": (HEAD + "rumble_hz = 1e9\n", "line 2: rumble_hz is .*, expected 0 to 1000 Hz"),
    "broken TOML": (HEAD + "\nlevel = raw\n", "line 3: not TOML: invalid value"),
    "a key twice": (HEAD + "size = 1\nsize = 1\n", "line 3: not TOML: cannot overwrite a value"),
    "an open text": (HEAD + 'notes = """x\n', "line 2: not TOML: unterminated string"),
    "after a long text": (HEAD + 'notes = """\nsize = 4\n[gate]\n"""\nsize = 4\n', "line 6: size is 4, expected"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_with_file_and_line(tmp_path, what):
    text, sentence = WRONG[what]
    with pytest.raises(PresetError, match=sentence) as raised:
        loaded(tmp_path, text)
    assert str(raised.value).startswith("clean.toml")
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 400


HOSTILE = {
    "empty": (b"", "line 1: names no model"),
    "binary": (bytes(range(256)) * 20, "line [0-9]+: not a preset"),
    "not UTF-8": (HEAD.encode() + b"notes = '\xe4'\n", "line 2: not a preset .it is no text in UTF-8"),
    "UTF-16": (HEAD.encode("utf-16"), "not a preset"),
    "zeros": (bytes(1000), "line 1: not TOML"),
    "huge": (b"#" * (MAX_BYTES + 1), "more than 64 KiB"),
    "deep lists": (b"a = " + b"[" * 30000, "nested too deep|not TOML"),
    "deep tables": (b"a = " + b"{a=" * 20000, "nested too deep|not TOML"),
    "a model": (b'{"weights": [' + b"0.5, " * 30000 + b"0.5]}", "a file in JSON, as a model is, and not a preset"),
    "a deep key": (b"a." * 30000 + b"a = 1", "line 1: a key of hundreds of parts"),
    "a deep table": (b"[" + b"a." * 30000 + b"a]", "line 1: a key of hundreds of parts"),
    "keys as deep as may be": (b"\n".join(b"a." * 499 + b"b%d = 1" % i for i in range(64)), "names no model"),
    "many tables": (b"[[a.b]]\n" * 8000, "names no model"),
    "many keys": (b"".join(b"k%d = 1\n" % i for i in range(6000)), "names no model"),
    "a web page": (b"<!DOCTYPE html><html></html>", "line 1: not TOML"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_are_one_sentence_soon(tmp_path, what):
    content, sentence = HOSTILE[what]
    with watched(what), pytest.raises(PresetError, match=sentence) as raised:
        loaded(tmp_path, content)
    assert len(str(raised.value)) < 400
    assert str(raised.value).isprintable()


def test_what_is_no_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    for name, sentence in {"pipe": "a pipe or device", "none": "no such preset", "n" * 300: "cannot be read"}.items():
        with watched(name), pytest.raises(PresetError, match=sentence):
            Preset.load(tmp_path / f"{name}.toml")
    with pytest.raises(PresetError, match="a folder, not a preset"):
        Preset.load(tmp_path)


def test_changed_bytes_never_do_more_than_raise_a_preset_error(tmp_path):
    rng = random.Random(3)
    text = anything(rng).text(tmp_path).encode() + b'[[cabinet]]\nir = "x"\n'
    for _ in range(500):
        broken = bytearray(text)
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(broken))
            broken[at : at + rng.randrange(4)] = rng.choice(
                [b"", b"\n", b'"', b"[", b".", b"=", b"\xff", b"1e9", b"\x00"]
            )
        try:
            loaded(tmp_path, bytes(broken))
        except PresetError as error:
            assert "clean.toml" in str(error)


def test_a_key_that_nobody_knows_is_a_warning_with_the_nearest_one(tmp_path):
    text = f"output_trm_db = 3\n{HEAD}zzz = 1\n[[cabinet]]\nir = '{IRS[0]}'\ngain = 3\n"
    text += "[lights]\nred = 'on'\n[echo]\ndry = true\n"
    preset = loaded(tmp_path, text)
    told = "\n".join(preset.warnings)
    assert "clean.toml, line 1: nothing is known of output_trm_db, it is ignored; the nearest known one is" in told
    assert "clean.toml, line 3: nothing is known of zzz, it is ignored" in told
    assert "clean.toml, line 6: nothing is known of gain, it is ignored; the nearest known one is gain_db" in told
    assert "clean.toml, line 7: nothing is known of lights" in told
    assert (preset.settings, "echo" in told) == ({"echo": {"dry": True}}, False)  # may be a setting of somebody
    many = loaded(tmp_path, HEAD + "".join(f"k{i} = 1\n" for i in range(1000)))
    assert len(many.warnings) == 20
    odd = loaded(tmp_path, HEAD + '"a\\nb\\u0007" = 1\n')
    assert odd.warnings[0].isprintable()


def test_the_line_of_a_key_is_found_whatever_stands_around_it():
    text = """# a = 1
a = 1
notes = '''
b = 2 '''
"b" = "x = y"  # c = 3
[table.inner]
c.d = 4
[[list]]
e = 5
[[list]]
e = 6
[list.more]
f = 7
[[list.less]]
g = 8
"""
    lines = lines_of(text)
    keys = ("a",), ("b",), ("table", "inner", "c", "d"), ("list", 0, "e"), ("list", 1, "e")
    assert [lines[key] for key in keys] == [2, 5, 7, 9, 11]
    assert (lines["list", 1, "more", "f"], lines["list", 1, "less", 0, "g"]) == (13, 15)
    root = parsed(text.encode(), Path("it.toml"), "test", PresetError)
    assert [entry.span for entry in root.tables("list")] == [(8, 9), (10, 15)]
    assert root.span is None


def test_what_only_stands_between_two_tables_belongs_to_neither(tmp_path):
    text = "a = [{b = 1}]\n[[c]]  # one\nd = 1\n\n# of the next\n[[c]]\n# inside\nd = 2\n\n# at the end\n"
    root = parsed(text.encode(), tmp_path / "it.toml", "test", PresetError)
    assert [entry.span for entry in root.tables("c")] == [(2, 3), (6, 8)]
    assert root.tables("a")[0].span is None


# ---------------------------------------------------------------- what was played last
def test_what_was_played_last_comes_back_with_its_setlist_and_interface(tmp_path):
    path = tmp_path / "state" / "last.toml"
    assert LastState.load(path) is None
    preset = Preset("Lead", A2, cabinet=(CabinetPart(IRS[0]),), gate={"on": True}, notes="loud")
    for last in (LastState(preset), LastState(preset, tmp_path, Level(12.2, 'Apollo "8x"'))):
        last.keep(path)
        again = LastState.load(path)
        assert (again.preset.name, again.preset.model, again.preset.gate) == ("Lead", A2, {"on": True})
        assert (again.setlist, again.interface) == (last.setlist, last.interface)
        assert not again.preset.warnings
    assert last.text == f"Lead: {A2.name} with {IRS[0].name}"
    assert [file.name for file in path.parent.iterdir()] == ["last.toml"]


def test_a_state_that_cannot_be_written_or_read_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(PresetError, match=r"could not be kept in .*last\.toml: "):
        LastState(Preset("it", A2)).keep(tmp_path / "file" / "last.toml")
    with pytest.raises(PresetError, match=r"no text in UTF-8"):
        LastState(Preset("it", Path(os.fsdecode(b"\xff.nam")))).keep(tmp_path / "last.toml")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert offer() is None
    state_file().parent.mkdir()
    state_file().write_text("model = 'gone.nam'")
    assert "cannot be brought back: last.toml, line 1: there is no model" in offer()
    LastState(Preset("Lead", A2)).keep()
    assert f"Lead: {A2.name} (" in offer()
    assert "rig play --resume" in offer()
