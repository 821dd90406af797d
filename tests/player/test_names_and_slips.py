"""Files of one name are told apart, blind listening has one numbering, and one slip of the finger costs nothing."""

from __future__ import annotations

import pytest
from auditioning import Auditioning, five_cabinets
from responses import coloured
from rigs import NANO, RATE, Bench, Told

from rig.audio import wav
from rig.backends.lost import Lost
from rig.cli.live.live_line import log_line
from rig.player import leaving
from rig.player.browse_order import BrowseOrder
from rig.player.player import Player


@pytest.fixture
def alike(tmp_path, monkeypatch):
    """Three cabinets, two of them of one name in two folders."""
    monkeypatch.chdir(tmp_path)
    paths = [tmp_path / "cabs" / name for name in ("mesa/57.wav", "vox/57.wav", "vox/121.wav")]
    for i, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        wav.write(path, coloured(i, 400), RATE, "FLOAT")
    made = Auditioning(paths)
    yield made
    made.close()


@pytest.fixture
def audition(tmp_path, monkeypatch):
    made = Auditioning(five_cabinets(tmp_path, monkeypatch))
    yield made
    made.close()


# ---------------------------------------------------------------- names
def test_cabinets_of_one_name_are_told_apart_wherever_they_are_named(alike):
    assert "Cabinet  vox/57.wav (2/3)" in alike.do("next_ir")
    assert "vox/57.wav is kept" in alike.do("keep")
    assert "vox/57.wav is a favourite" in alike.do("favourite")
    assert "Noted    vox/57.wav: dark" in alike.do("note", text="dark")
    assert "vox/57.wav is B" in alike.do("mark_b")
    assert "cab 2/3 vox/57.wav" in log_line(alike.player.look(), 0)
    assert "mesa/57.wav is A" in alike.do("previous_ir", "mark_a")
    assert "B: vox/57.wav" in alike.do("compare")
    assert alike.player.audition.preview("57") == "2 found, mesa/57.wav"
    alike.do("mix_add")
    mixed = alike.do("next_ir")
    assert "1 vox/57.wav: " in mixed and "2 121.wav: " in mixed
    alike.do("mix_remove")
    alike.do("blind")
    alike.do("next_ir", "next_ir")
    revealed = alike.do("blind")
    assert {"mesa/57.wav", "vox/57.wav", "121.wav"} <= {line.split(": ")[-1].split(" (")[0] for line in alike.told}
    assert revealed.count("57.wav") >= 2


def test_models_of_one_name_are_told_apart(tmp_path):
    paths = [tmp_path / folder / "crunch.nam" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(NANO.read_bytes())
    bench, told = Bench(), Told()
    player = Player(bench.engine, told.append, paths, [])
    player.start()
    bench.settle()
    player.do("next_model")
    assert player.arrive(20)
    assert "Model    b/crunch.nam (2/2)" in told.text
    assert player.look().asked_model == "b/crunch.nam"
    player.close()


# ---------------------------------------------------------------- blind: one numbering
def test_a_number_is_one_of_as_many_as_there_were_when_the_names_went_off(audition):
    audition.do("blind", "next_ir", "reject", "reject", "next_ir")
    order = audition.player.cabinets.browsing
    number = order.numbers[audition.player.cabinets.bank.position]
    assert len(order.positions) == 3
    assert f"Cabinet  number {number} of 5" in audition.told.text
    state = audition.player.look()
    assert (state.cabinet.name, state.cabinet.place) == (f"number {number}", f"{number}/5")
    assert f"cab {number}/5, " in log_line(state, Lost()) + ", "
    assert f"cab {number}/5 number" not in log_line(state, Lost())
    gone = next(n for at, n in order.numbers.items() if at in order.rejected)
    left = ", ".join(str(order.numbers[at]) for at in sorted(order.positions, key=order.numbers.get))
    assert f"{gone} is no number of a cabinet; there are {left}." in audition.do("jump_ir", text=str(gone))


def test_what_had_no_number_yet_gets_the_next_one():
    order = BrowseOrder([NANO] * 4, set, seed=1)
    order.reject(3)
    order.blindfold()
    assert sorted(order.numbers.values()) == [1, 2, 3]
    assert order.blind_number(3) == 4
    assert order.blind_number(3) == 4
    order.heard_blind = [3]
    assert order.reveal(0) == [(4, 3)]


def test_sides_have_their_numbers_while_blind(audition):
    audition.do("blind")
    number = audition.player.cabinets.browsing.numbers[audition.player.cabinets.position]
    assert f"number {number} is A; mark the other one" in audition.do("mark_a")


def test_what_would_be_refused_is_refused_before_a_text_is_typed(audition):
    audition.do("blind")
    commands = audition.player.commands
    for name in ("search_ir", "export", "save_preset", "rename_preset", "renumber_preset"):
        audition.told.clear()
        assert not commands.may_ask(name)
        assert "v takes the blindfold off" in audition.told.text
    assert commands.may_ask("jump_ir")
    audition.do("blind")
    for name in ("search_ir", "note", "save_preset"):
        assert commands.may_ask(name)
    audition.told.clear()
    assert not commands.may_ask("rename_preset")
    assert "What plays is no preset of the setlist" in audition.told.text


# ---------------------------------------------------------------- slips
def test_the_shortlist_that_was_forgotten_comes_back_with_the_same_key(audition):
    audition.do("keep", "next_ir", "keep", "next_ir", "reject", "view")
    said = audition.do("everything")
    assert "all 5 cabinets are in play again; 2 kept and 1 rejected are forgotten (S brings that back)" in said
    order = audition.player.cabinets.browsing
    assert (order.kept, order.rejected, order.view) == (set(), set(), "all")
    assert "2 kept and 1 rejected are so again" in audition.do("everything")
    assert (order.kept, order.rejected, order.view) == ({0, 1}, {2}, "kept")
    audition.do("everything", "keep")  # a new list has begun: it is the one to forget
    kept = set(order.kept)
    audition.do("everything")
    audition.do("everything")
    assert order.kept == kept


def test_quitting_asks_while_a_take_is_recorded_or_names_are_hidden(audition, monkeypatch):
    player = audition.player
    audition.do("blind")
    said = audition.do("quit")
    assert "The names have not been shown: press q once more to end." in said
    assert not player.finished
    with monkeypatch.context() as late:  # too late for the second press
        late.setattr(leaving, "AGAIN_S", 0.0)
        audition.do("quit")
    assert not player.finished
    audition.do("record")
    player._leaving = leaving.Leaving()
    assert "A take is being recorded; The names have not been shown: press q" in audition.do("quit")
    audition.do("record", "blind")
    player._leaving = leaving.Leaving()
    audition.do("quit")
    assert player.finished  # nothing would be lost any more


def test_the_second_press_ends_it(audition):
    audition.do("blind", "quit", "quit")
    assert audition.player.finished
