"""`rig interfaces`: found by words, shown with its sources, a mistyped name answered, a bad row refused."""

import json

import pytest
from bad_rows import BAD, DISPUTED, GOOD
from commandline import called, refused

from rig.cli.commands.interfaces import with_list
from rig.library.interfaces import SHIPPED_TABLE


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run `rig interfaces ...` in a folder of its own, with no table of one's own there."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return lambda *words: called(capsys, *with_list(["interfaces", *map(str, words)]))


def names(done):
    return [line.partition("  ")[0] for line in done.stdout.splitlines()[1:-2]]


def test_all_are_listed_a_line_each(run):
    done = run()
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert len(lines) == len(json.loads(run("--json").stdout)["interfaces"]) + 3 > 209
    assert any(line.split()[-6:] == ["12.2", "-", "-", "-", "article", "2026-11"] for line in lines)
    assert "interfaces, " in lines[-2] and "* disputed" in lines[-2]


@pytest.mark.parametrize(
    ("words", "holds", "not_holds"),
    [
        (["motu"], "MOTU M4", "Focusrite Forte"),
        (["MOTU", "ultralite"], "MOTU UltraLite mk4", "MOTU M4"),
        (["scarlett", "4th"], "Focusrite Scarlett 2i2 4th Gen", "Focusrite Scarlett 2i2 3rd Gen"),
        (["4th gen", "scarlett"], "Focusrite Scarlett 4i4 4th Gen", "Focusrite Scarlett 4i4 3rd Gen"),
        (["umc", "hd"], "Behringer UMC202HD", "Behringer UMC22"),
    ],
)
def test_words_narrow_the_list(run, words, holds, not_holds):
    found = names(run(*words))
    assert holds in found and not_holds not in found


def test_one_is_shown_with_its_sources_and_what_contradicts_it(run):
    shown = run("umc202hd").stdout
    for text in (
        "Behringer UMC202HD\n",
        "0.1 dBu at 0 dBFS",
        "measured: someone measured a unit",
        "MATAA",
        "-3 dBu (instrument); cites-maker",
        "the figure above is used: ",
    ):
        assert text in shown, text
    assert "no level is known; rig calibrate interface --loop measures it" in run("apollo", "solo").stdout


def test_a_name_that_is_the_whole_name_of_one_is_that_one(run):
    done = run("ssl", "2")
    assert done.stdout.startswith("Solid State Logic SSL 2\n")
    assert "Others whose names hold these words: Solid State Logic SSL 2+, " in done.stdout


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["focosrite", "2i2"], r"did you mean Focusrite Scarlett 2i2 "),
        (["apolo 8x"], r"did you mean Universal Audio Apollo 8x"),
        (["umc2O2hd"], r"did you mean Behringer UMC202HD"),
        (["zzzzzzzz"], r"rig interfaces lists all of them"),
    ],
)
def test_a_mistyped_word_is_answered_with_what_was_meant(run, words, meant):
    refused(run(*words), meant)


def test_a_program_gets_all_of_it(run):
    (found,) = json.loads(run("umc22", "--json").stdout)["interfaces"]
    assert found["max_inst_dbu"] == 2.0 and found["max_line_dbu"] is None and found["disputed"]
    assert [other["max_inst_dbu"] for other in found["other"]] == [22.0]
    assert all(other["basis"] and other["source"] and other["date"] for other in found["other"])


def test_ones_own_entry_is_listed_as_such(run, tmp_path):
    (tmp_path / "config" / "rig").mkdir(parents=True)
    (tmp_path / "config" / "rig" / "interfaces.toml").write_text('[[interface]]\nmodel = "My box"\nmax_inst_dbu = 9\n')
    assert "9 dBu at 0 dBFS\n  Basis       your entry" in run("my-box").stdout
    assert f"Your own: {tmp_path}" in run("check").stdout


def test_our_own_table_passes(run):
    done = run("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "interfaces.toml: " in done.stdout and "rows, nothing wrong with them." in done.stdout
    assert run("check", SHIPPED_TABLE).returncode == 0


def test_a_good_row_is_told_how_it_stands_to_ours(run, tmp_path):
    (tmp_path / "row.toml").write_text(GOOD)
    assert "Somebody Box 2: new; rig's table does not have it." in run("check", "row.toml").stdout
    (tmp_path / "row.toml").write_text(GOOD.replace("Somebody", "Behringer").replace("Box 2", "umc-202-hd"))
    shown = run("check", "row.toml").stdout
    assert (
        "instrument: 12.5 dBu; rig's table has 0.1 dBu (measured), 12.4 dB away: both will stand side by side" in shown
    )
    (tmp_path / "row.toml").write_text(DISPUTED)
    assert run("check", "row.toml").returncode == 0


@pytest.mark.parametrize("kind", ["no basis", "level in dBV", "two rows that contradict", "what steers a terminal"])
def test_a_bad_row_is_a_sentence_and_exit_code_2(run, tmp_path, kind):
    text, sentence, _ = BAD[kind]
    (tmp_path / "row.toml").write_text(text)
    done = run("check", "row.toml")
    refused(done, sentence)
    assert done.stderr.startswith("rig: row.toml, line ") and done.stderr.isascii() and done.stdout == ""
    told = json.loads(run("check", "row.toml", "--json").stdout)
    assert told["rows"] and [problem["text"] for problem in told["problems"]] == [
        line.removeprefix("rig: ") for line in done.stderr.splitlines() if ": 2 problems" not in line
    ]


def test_what_is_no_table_is_refused(run, tmp_path):
    refused(run("check", "gone.toml"), r"gone\.toml: there is no such file")
    (tmp_path / "x.toml").write_text("max: 12")
    refused(run("check", "x.toml"), r"x\.toml, line 1: not TOML")
    assert "error" in json.loads(run("check", "x.toml", "--json").stdout)
