"""Files that an earlier version wrote (tests/golden/formats, with the script that made them) are read as they were
meant, and written again they are what they were. Captures and other results: test_results_of_earlier_versions.py."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path

import platformdirs
import pytest

from rig.levels import Level
from rig.library.calibrated_levels import KnownLevel, Ports, RoundTrip, Settings, load_settings, remember, settings_file
from rig.library.entered_levels import data_directory, input_level, remember_input_level
from rig.library.favourites import Favourites, Remark
from rig.library.interfaces import Interface, user_table
from rig.library.last_session import LastState, offer, state_file
from rig.library.measured_loudness import Measured, known, measure
from rig.library.preset import CabinetPart, Preset
from rig.nam import Model
from rig.player.midi.learn import Heard, keep, learn_request
from rig.player.midi.log import Happened, keep_last, last_events
from rig.player.midi.mapping import Binding, load_mapping, mapping_file

FORMATS = Path(__file__).parents[1] / "golden" / "formats"
RATE = 48000


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The files, in a home of their own; only the cache of compiled code stays where it is."""
    folder = tmp_path / "kept"
    shutil.copytree(FORMATS, folder, ignore=shutil.ignore_patterns("make*.py"))
    compiled = Path(platformdirs.user_cache_dir("rig", appauthor=False), "compiled")
    (folder / "cache" / "rig" / "compiled").symlink_to(compiled, target_is_directory=True)
    for kind in ("config", "data", "state", "cache"):
        monkeypatch.setenv(f"XDG_{kind.upper()}_HOME", str(folder / kind))
    return folder


def nobody_is_told(sentence):
    raise AssertionError(sentence)


# ---------------------------------------------------------------- presets
def presets_in(folder):
    """What was written, by file."""
    at = folder / ".." / "gear"
    half, one = at / "half.nam", (CabinetPart(at / "57.wav"),)
    mix = (
        CabinetPart(at / "57.wav", -3.0, 0.2, -0.5, False),
        CabinetPart(at / "121.wav", 1.25, -0.14, 0.5, True),
        CabinetPart(at / "u87.wav", -40.0, 20.0, 1.0, False),
        CabinetPart(at / "room.wav", 0.0, 0.0, -1.0, True),
    )
    everything = Preset(
        name='Lead "hot" \\ Größe',
        model=half,
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
    return {
        "everything": everything,
        "minimal": Preset("minimal", half),
        "one cabinet": Preset("one cabinet", half, cabinet=one, level_mode="normalized", number=0),
        "raw": Preset("raw", at / "unstated.nam", level_mode="raw", equal_loudness=True, loudness_lufs=-18.0),
        "bypassed": Preset("bypassed", half, bypass=True, cabinet=one, gate={"on": False}),
        "by hand": Preset(
            name="by hand",
            model=half,
            cabinet=(CabinetPart(at / "121.wav"),),
            level_mode="raw",
            output_trim_db=-2.0,
            gate={"on": True, "threshold_dbfs": -60.0},
            rumble_hz=80.0,
            number=12,
        ),
        "Saved while playing": None,  # below
    }


def test_every_preset_that_an_earlier_version_wrote_is_tested():
    assert {path.stem for path in (FORMATS / "presets").iterdir()} == set(presets_in(FORMATS))


@pytest.mark.parametrize("name", [name for name, preset in presets_in(FORMATS).items() if preset is not None])
def test_a_preset_holds_what_was_written_and_is_written_again_as_it_was(kept, name):
    folder = kept / "presets"
    path = folder / f"{name}.toml"
    preset = Preset.load(path)
    assert preset == presets_in(folder)[name]
    text = preset.text(folder)
    if name == "by hand":
        assert len(preset.warnings) == 1 and "reverb" in preset.warnings[0]
    else:
        assert not preset.warnings and text == path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    assert Preset.load(path) == preset


def test_a_preset_saved_while_playing_holds_mix_gate_and_trims(kept):
    path = kept / "presets" / "Saved while playing.toml"
    at, preset = kept / "presets" / ".." / "gear", Preset.load(path)
    assert preset.name == "Saved while playing" and preset.model == at / "unstated.nam" and not preset.warnings
    assert preset.cabinet == (CabinetPart(at / "57.wav"), CabinetPart(at / "121.wav", -4.5, 0.3, 0.25, True))
    assert (preset.input_trim_db, preset.output_trim_db, preset.preamp_gain_db) == (1.5, -6.0, 11.0)
    assert preset.gate == {"threshold_dbfs": -48.0, "on": True} and preset.rumble_hz == 40.0
    assert preset.text(path.parent) == path.read_text(encoding="utf-8")


# ---------------------------------------------------------------- configuration
def test_the_calibration_holds_every_level_port_and_date_and_is_kept_as_it_was(kept):
    path = kept / "config" / "rig" / "calibration.json"
    assert settings_file() == path
    before = path.read_bytes()
    settings = load_settings()
    assert settings == Settings(
        KnownLevel(12.2, "table", "2026-01-31", "Apollo 8x"),
        KnownLevel(18.34, "multimeter", "2026-02-01"),
        KnownLevel(12.34, "multimeter", "2026-02-02"),
        RoundTrip(201.25, 64, "2026-02-03", "noise"),
        Ports("system:playback_3", "system:capture_2"),
    )
    remember(send=settings.send)
    assert path.read_bytes() == before
    path.unlink()
    remember(**{name: getattr(settings, name) for name in ("ports", "round_trip", "returned", "send", "interface")})
    assert path.read_bytes() == before


def test_favourites_and_notes_are_known_by_path_and_by_content_and_kept_as_they_were(kept):
    path = kept / "config" / "rig" / "favourites.json"
    before = path.read_bytes()
    favourites = Favourites(nobody_is_told)
    expected = [
        Remark("/home/player/irs/v30/57.wav", "a1" * 32, True, ""),
        Remark("/home/player/irs/v30/121.wav", "b2" * 32, False, 'solo, "dark"; Größe'),
        Remark("/home/player/irs/room.wav", "c3" * 32, True, "for records"),
    ]
    assert [favourites.of(Path(remark.path)) for remark in expected] == expected
    assert [favourites.of(Path("/elsewhere.wav"), remark.sha256) for remark in expected] == expected
    assert favourites.among(Path(remark.path) for remark in expected) == {Path(expected[i].path) for i in (0, 2)}
    for remark in expected:
        favourites.change(Path(remark.path), remark.sha256, favourite=remark.favourite, note=remark.note)
    assert path.read_bytes() == before


def test_the_players_own_table_of_interfaces_is_read(kept):
    assert user_table() == kept / "config" / "rig" / "interfaces.toml"
    own = Interface.named("my box")
    assert own == Interface(
        model="UMC202HD",
        maker="Behringer",
        aliases=("my box",),
        max_inst_dbu=0.4,
        max_line_out_dbu=12,
        line_settings={"plus4dbu": 20.0},
        basis="measured",
        note="pad off",
        origin="yours",
    )
    assert own.level() == Level(0.4, "UMC202HD, your entry, measured")


# ---------------------------------------------------------------- MIDI
BY_HAND = (
    Binding("control", 7, "volume", 3, low=-40.0, high=0.0, curve="exp", pickup=False),
    Binding("program", 3, "bypass", 16),
)
LEARNT = (  # what was said, the message, and what it became
    (
        "output_trim -20 20 log jump",
        Heard("control", 11, 1, 5),
        Binding("control", 11, "output_trim", 1, low=-20.0, high=20.0, curve="log", pickup=False),
    ),
    ("mute change", Heard("control", 64, 2, 127), Binding("control", 64, "mute", 2, on="change")),
    ("output_trim -", Heard("note", 60, 3, 90), Binding("note", 60, "output_trim", 3, step=-1)),
    ("preset 7", Heard("note", 61, 3, 90), Binding("note", 61, "preset", 3, argument=7)),
    ("search_ir v30 57", Heard("program", 5, 4), Binding("program", 5, "search_ir", 4, text="v30 57")),
    ("gate any", Heard("control", 65, 2, 127), Binding("control", 65, "gate", 2, on="any")),
)


def test_a_midi_mapping_does_what_was_bound_and_learns_on_as_it_did(kept):
    path = kept / "config" / "rig" / "midi.toml"
    assert mapping_file() == path
    mapping = load_mapping(path, needed=True)
    assert set(mapping.bindings) == {*BY_HAND, *(binding for *_, binding in LEARNT)}
    assert len(mapping.bindings) == len(BY_HAND) + len(LEARNT)
    assert (mapping.program_change, mapping.channel, mapping.warnings) == (False, 3, ())
    before = path.read_text(encoding="utf-8")
    assert before.startswith("# My pedal board.\n") and "# expression\n" in before
    path.write_text(before[: before.index("[[control]]\ncc = 11")].rstrip("\n") + "\n", encoding="utf-8")
    assert set(load_mapping(path).bindings) == set(BY_HAND)
    for said, heard, binding in LEARNT:
        assert learn_request(said).binding(heard) == binding
        assert keep(path, binding) == []
    assert path.read_text(encoding="utf-8") == before


def test_the_midi_events_of_the_last_session_are_shown(kept):
    ended, events = last_events()
    assert len(ended) == len("2026-01-31 20:00:00")
    done, unbound = "volume, -40 to 0 dB, exp, jumps", "nothing: bound to nothing"
    assert events == [
        Happened("20:00:01", "CC 7 = 64, channel 1", done, "set", -12.5, 4800, 17, 4817),
        Happened("20:00:02", "note 60, velocity 90, channel 3", "", unbound, None, 9600, 0, 0),
    ]
    keep_last(events)
    assert last_events()[1] == events


# ---------------------------------------------------------------- what rig knows about models, and what played last
def test_the_model_levels_that_were_entered_are_known_and_kept_as_they_were(kept):
    path = kept / "data" / "rig" / "models.json"
    assert data_directory() == path.parent
    before = path.read_bytes()
    assert input_level("d4" * 32, tell=nobody_is_told) == 15.0
    assert input_level("e5" * 32, tell=nobody_is_told) == -2.5
    assert input_level("00" * 32, tell=nobody_is_told) is None
    path.unlink()
    remember_input_level("e5" * 32, "Größe.nam", -2.5, tell=nobody_is_told)
    remember_input_level("d4" * 32, "e570.nam", 15.0, tell=nobody_is_told)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "expected"),
    [("unstated", Measured(-20.0447, -0.3494, 1, 0.9938)), ("late", Measured(-22.9284, 1.0, 1, 1.0))],
)
def test_what_was_measured_about_a_model_is_found_again_by_its_hash(kept, tmp_path, name, expected):
    model = Model.load(kept / "gear" / f"{name}.nam")
    found = known(model)
    assert found is not None and asdict(found) == pytest.approx(asdict(expected), abs=1e-4)
    assert measure(model) == found
    again = measure(model, directory=tmp_path / "again")
    # The same measurement; another CPU may round its sums otherwise.
    assert asdict(again) == pytest.approx(asdict(found), abs=1e-3)
    (written,) = (tmp_path / "again").iterdir()
    assert (kept / "cache" / "rig" / "measured" / written.name).exists()
    assert known(model, directory=tmp_path / "again") == again


def test_what_played_last_is_offered_and_kept_as_it_was(kept):
    path = kept / "state" / "rig" / "last.toml"
    assert state_file() == path
    gear, before = path.parent / ".." / ".." / "gear", path.read_bytes()
    cabinet = (CabinetPart(gear / "57.wav", -2.0, 0.5, 0.0, True),)
    last = LastState.load()
    assert last == LastState(
        Preset("Lead", gear / "half.nam", cabinet=cabinet, level_mode="raw", rumble_hz=40.0),
        Path("/home/player/presets/friday"),
        Level(12.2, "Apollo 8x, article"),
    )
    assert "Lead: half.nam with 57.wav" in offer()
    last.keep()
    assert path.read_bytes() == before
