"""What is of the wrong type is refused where it is given, by name, with the way out."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import public_api
import pytest
from rigs import NANO, RATE

import rig
from rig.errors import ArgumentError, ConfigError, LevelError
from rig.files import bundled

NUMBERS = {
    rig.Sound: (
        "preamp_gain_db",
        "model_input_dbu",
        "input_trim_db",
        "output_trim_db",
        "gate_dbfs",
        "rumble_hz",
        "bass_db",
    ),
}
NOT_NUMBERS = ("12", True, b"12", [12.0], 1j, np.array([1.0, 2.0]))
NOT_PATHS = (None, 3, b"a.wav", ["a.wav"])


def load(path):
    return rig.Model.load(path)


def compare(**given):
    return rig.compare_models(**{"dry": "dry.wav", "wet": "wet.wav", "models": [NANO], **given})


# Every public call with each of its parameters that can be given something wrong: the call, its name, the parameter.


def in_library(call, *arguments, **named):
    """A call of a library that is closed behind it."""
    with rig.Library() as library:
        return getattr(library, call)(*arguments, **named)


CASES = [
    *((rig.Sound, "rig.Sound", name, value) for name in NUMBERS[rig.Sound] for value in NOT_NUMBERS),
    *((rig.Sound, "rig.Sound", "model", value) for value in ("x.nam", NANO, 3, rig.Model)),
    *((rig.Sound, "rig.Sound", "ir", value) for value in ("x.wav", NANO, np.zeros(3))),
    *((rig.Sound, "rig.Sound", "interface", value) for value in ("apollo-8x", 12.2, {"dbu": 12.2})),
    (rig.Sound, "rig.Sound", "level_mode", 3),
    *(
        (lambda first, of=of: of(first, None), f"rig.{name}.of", "first", value)
        for name, of in (("Row", rig.Row.of), ("Blend", rig.Blend.of))
        for value in ("x.nam", NANO, None)
    ),
    (rig.Sound, "rig.Sound", "measured", -18.0),
    *((lambda dbu: rig.Level(dbu, "me"), "rig.Level", "dbu", value) for value in (*NOT_NUMBERS, None)),
    *((lambda basis: rig.Level(1.0, basis), "rig.Level", "basis", value) for value in (None, 3)),
    *((lambda path: rig.Model.load(path), "Model.load", "path", value) for value in NOT_PATHS),
    *((lambda size: rig.Model.load(NANO, size), "Model.load", "size", value) for value in (*NOT_NUMBERS, None)),
    *((lambda path: rig.IR.load(path), "IR.load", "path", value) for value in NOT_PATHS),
    *(
        (lambda sample_rate: rig.IR.load(bundled.irs()[0], sample_rate), "IR.load", "sample_rate", value)
        for value in (*NOT_NUMBERS, None)
    ),
    *((lambda taps: rig.IR.from_taps(taps, RATE), "IR.from_taps", "taps", value) for value in ("x.wav", NANO, {})),
    *((lambda name: rig.IR.from_taps([1.0], RATE, name), "IR.from_taps", "name", value) for value in (None, 3)),
    (lambda sample_rate: rig.IR.from_taps([1.0], sample_rate), "IR.from_taps", "sample_rate", "48000"),
    *((lambda name: rig.Interface.named(name), "Interface.named", "name", value) for value in (None, 8, NANO)),
    (lambda table: rig.Interface.named("apollo-8x", table=table), "Interface.named", "table", 3),
    (lambda table: rig.Interface.all(table=table), "Interface.all", "table", 3),
    *((lambda index: rig.Library(index), "rig.Library", "index", value) for value in NOT_PATHS[1:]),
    *((lambda folders: in_library("scan", folders), "Library.scan", "folders", value) for value in NOT_PATHS[:2]),
    *(
        (lambda workers: in_library("scan", ".", workers=workers), "Library.scan", "workers", value)
        for value in NOT_NUMBERS
    ),
    *((lambda model: in_library("like", model), "Library.like", "model", value) for value in NOT_PATHS),
    *(
        (lambda cabinet: in_library("like_cabinet", cabinet), "Library.like_cabinet", "cabinet", value)
        for value in NOT_PATHS
    ),
    *(
        (lambda count: in_library("like_cabinet", "a.wav", count), "Library.like_cabinet", "count", value)
        for value in NOT_NUMBERS
    ),
    *(
        (lambda tilt: in_library("like_cabinet", "a.wav", tilt=tilt), "Library.like_cabinet", "tilt", value)
        for value in (3, "louder", -1.5)
    ),
    *((lambda model: rig.Interface(model), "rig.Interface", "model", value) for value in (None, 8)),
    *(
        (lambda max_inst_dbu: rig.Interface("x", max_inst_dbu=max_inst_dbu), "rig.Interface", "max_inst_dbu", value)
        for value in NOT_NUMBERS
    ),
    *((lambda hz: rig.EqBand("peak", hz, 1.0), "rig.EqBand", "hz", value) for value in (*NOT_NUMBERS, None)),
    *((lambda gain_db: rig.EqBand("peak", 99, gain_db), "rig.EqBand", "gain_db", value) for value in NOT_NUMBERS),
    *((lambda q: rig.EqBand("peak", 99, 1, q), "rig.EqBand", "q", value) for value in NOT_NUMBERS),
    *((lambda before: rig.EqBand("peak", 99, 1, 1, before), "rig.EqBand", "before", value) for value in (1, "yes")),
    *((lambda eq: rig.Sound(eq=eq), "rig.Sound", "eq", value) for value in ([(1, 2)], ["peak"], None, 3)),
    *((lambda sound: rig.render(sound, "a.wav", "b.wav"), "rig.render", "sound", value) for value in (NANO, None)),
    *((lambda input: rig.render(rig.Sound(), input, "b.wav"), "rig.render", "input", value) for value in NOT_PATHS),
    *((lambda output: rig.render(rig.Sound(), "a.wav", output), "rig.render", "output", value) for value in NOT_PATHS),
    *(
        (lambda tail_s: rig.render(rig.Sound(), "a.wav", "b.wav", tail_s=tail_s), "rig.render", "tail_s", value)
        for value in (*NOT_NUMBERS, None)
    ),
    (lambda overwrite: rig.render(rig.Sound(), "a", "b", overwrite=overwrite), "rig.render", "overwrite", "yes"),
    *(
        (lambda sample_rate: rig.Sound().render([0.0], sample_rate), "Sound.render", "sample_rate", v)
        for v in ("1", None)
    ),
    *(
        (lambda tail_s: rig.Sound().render([0.0], RATE, tail_s=tail_s), "Sound.render", "tail_s", v)
        for v in ("1", None)
    ),
    *(
        (lambda models: list(rig.render_batch(models, [0.0])), "rig.render_batch", "models", value)
        for value in ("a.nam", None, 3, [NANO])
    ),
    *((lambda signals: rig.render_batch([], signals), "rig.render_batch", "signals", v) for v in (None, "x", [1], {})),
    *(
        (lambda threads: rig.render_batch([], [0.0], threads=threads), "rig.render_batch", "threads", v)
        for v in ("1", True)
    ),
    *((compare, "compare_models", "dry", value) for value in NOT_PATHS),
    *((compare, "compare_models", "wet", value) for value in NOT_PATHS[1:]),
    *((compare, "compare_models", "models", value) for value in ("a.nam", NANO, None, 3, [3])),
    *((compare, "compare_models", "size", value) for value in ("1", None, True)),
    *((compare, "compare_models", "capture_dbu", value) for value in ("1", True)),
    *((compare, "compare_models", "second_wet", value) for value in NOT_PATHS[1:]),
    *((compare, "compare_models", "workers", value) for value in ("1", True)),
]


@pytest.mark.parametrize(("call", "name", "parameter", "value"), CASES)
def test_a_value_of_the_wrong_type_is_refused_by_the_name_of_its_parameter(call, name, parameter, value):
    with pytest.raises(TypeError, match=rf"^{re.escape(name)}\({parameter}=\.\.\.\) takes .*, not \S+") as error:
        call(**{parameter: value})
    assert isinstance(error.value, ArgumentError)  # so one `except rig.RigError` catches it as well
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")


def test_every_public_call_that_takes_something_is_among_them():
    tried = {name.removeprefix("rig.") for _, name, _, _ in CASES}
    methods = {  # of objects that exist already, and the engine room, which is handed lanes by people who read it
        name for name in public_api.signatures() if name.split(".")[0] in ("Engine", "Lane", "Comparison", "Rendered")
    }
    known = {"IR", "Model", "Model.network", "Model.render", "Model.smaller", "Interface.level", "IR.as_in_file"}
    known |= {"IR.filters", "IR.limited", "IR.louder", "IR.render", "IR.with_taps"}
    known |= {f"Sound.{key}" for key in ("cabinet", "changed", "for_engine", "lane", "offline_player", "play_on")}
    known |= {"Sound.rate_note", "Sound.with_loudness", "EqBand.place"}  # the last is asked by lanes
    known |= {f"Library.{key}" for key in ("close", "copies", "find", "map", "near", "refresh", "suggest", "twins")}
    known |= {f"Library.{key}" for key in ("copied_cabinets", "find_cabinets", "map_cabinets", "suggest_cabinets")}
    known |= {"Library.twin_cabinets"}
    known |= {"Library.like_pair"}  # refuses what `compare_models` does
    known |= {"Library.like_gear", "Library.model"}  # a port or a content that is not there is said as any other is
    known |= {f"{pair}{method}" for pair in ("Row", "Blend") for method in ("", ".changed", ".network")}
    assert public_api.signatures().keys() - methods - known == tried


def test_the_sentence_shows_the_way_out():
    with pytest.raises(ArgumentError) as error:
        rig.Sound(model="x.nam")
    assert str(error.value) == (
        "rig.Sound(model=...) takes a rig.Model, or a list of two that play "
        "in a row, not str; load it with rig.Model.load(...)."
    )


@pytest.mark.parametrize("name", NUMBERS[rig.Sound])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_none_is_refused_where_it_is_given(name, value):
    with pytest.raises(LevelError):
        rig.Sound(**{name: value})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_level_is_a_finite_number(value):
    with pytest.raises(LevelError, match=r"^rig\.Level\(dbu=\.\.\.\) takes a finite number"):
        rig.Level(value, "me")


def test_other_levels_that_cannot_be_are_refused_where_they_are_given():
    for wrong in ({"preamp_gain_db": -1.0}, {"model_input_dbu": 99.0}, {"gate_dbfs": 0.0}, {"rumble_hz": 50.0}):
        with pytest.raises(LevelError):
            rig.Sound(**wrong)
    with pytest.raises(LevelError, match="takes one of raw, normalized, calibrated, not 'loud'"):
        rig.Sound(level_mode="loud")
    with pytest.raises(rig.RigError, match="takes 16, 24, 'float' or None, not 32"):
        rig.render(rig.Sound(), "a.wav", "b.wav", bits=32)
    with pytest.raises(rig.RigError, match="takes a whole number from 1, not 0"):
        compare(workers=0)


def test_numbers_of_numpy_are_numbers_and_whole_numbers_are_numbers():
    sound = rig.Sound(preamp_gain_db=np.float32(5), input_trim_db=np.int64(2), output_trim_db=-3)
    assert (sound.preamp_gain_db, sound.input_trim_db, sound.output_trim_db) == (5.0, 2.0, -3.0)
    assert {type(sound.preamp_gain_db), type(sound.input_trim_db), type(sound.output_trim_db)} == {float}


def test_an_interface_stands_for_its_level():
    interface = rig.Interface.named("apollo-8x")
    assert rig.Sound(interface=interface) == rig.Sound(interface=interface.level())
    assert rig.Sound().changed(interface=interface).interface == interface.level()
    with pytest.raises(ConfigError, match="no level of its instrument input is known"):
        rig.Sound(interface=rig.Interface("Box"))


def test_a_sound_is_changed_by_the_names_it_was_made_with():
    with pytest.raises(ArgumentError, match=r"^Sound\.changed\(\.\.\.\) takes model, ir, .*; there is no gate\.$"):
        rig.Sound().changed(gate=-60.0)


def test_every_call_that_takes_a_path_takes_text_and_paths(tmp_path):
    for kind in (str, Path):
        sound = rig.Sound(rig.Model.load(kind(NANO)), rig.IR.load(kind(bundled.irs()[0])))
        rig.render(sound, kind(bundled.di()), kind(tmp_path / "out.wav"), overwrite=True)
        rig.Interface.named("apollo-8x", table=kind(tmp_path / "none.toml"))
        rig.compare_models(kind(bundled.di()), kind(tmp_path / "out.wav"), [kind(NANO)])
