"""Choosing among cabinets in the player: every command, and what bad files do."""

from __future__ import annotations

from pathlib import Path

import pytest
from auditioning import Auditioning, five_cabinets
from bad_cabinets import BAD, write_all
from responses import coloured
from rigs import RATE, db, guitar

from rig.audio import wav
from rig.files import bundled


@pytest.fixture
def folder(tmp_path, monkeypatch):
    return five_cabinets(tmp_path, monkeypatch)


@pytest.fixture
def audition(folder):
    found = Auditioning(folder)
    yield found
    found.close()


# ---------------------------------------------------------------- stepping, searching, choosing
def test_steps_jumps_and_searches_lead_to_the_file_they_name(audition):
    audition.read_all()
    assert "Bank     5 cabinets ready" in audition.told.text
    assert "mic2.wav (2/5)" in audition.do("next_ir")
    audition.do("previous_ir", "previous_ir")
    assert audition.name == "mic5.wav"
    audition.do("first_ir")
    assert audition.name == "mic1.wav"
    audition.do("last_ir")
    assert audition.name == "mic5.wav"
    audition.do("jump_ir", text="3")
    assert audition.name == "mic3.wav"
    assert "9 is no number of a cabinet; there are 1 to 5" in audition.do("jump_ir", text="9")
    assert "Nothing is no number" in audition.do("jump_ir", text="")
    assert "Search   CAB1 mic: 5 found" in audition.do("search_ir", text="CAB1 mic")
    assert audition.name == "mic4.wav"  # the next one of those
    audition.do("search_ir", text="")
    assert audition.name == "mic5.wav"
    assert "No cabinet is called like 'ribbon'" in audition.do("search_ir", text="ribbon")
    assert audition.name == "mic5.wav"
    assert audition.player.audition.preview("mic2") == "1 found, mic2.wav"


def test_steps_that_come_fast_sound_only_at_the_last_one(audition):
    before = int(audition.bench.engine.record["handover"]["changes"])
    for _ in range(3):
        audition.player.do("next_ir")
    assert audition.player.arrive(20)
    audition.bench.settle()
    assert audition.name == "mic4.wav"
    assert audition.bench.engine.record["handover"]["changes"] == before + 1


def test_a_shortlist_narrows_and_everything_comes_back(audition):
    assert "mic1.wav is kept: 1 kept" in audition.do("keep")
    assert "mic1.wav (1/5), kept" in audition.do("next_ir", "previous_ir")
    assert "mic2.wav is rejected: 4 left" in audition.do("next_ir", "reject")
    assert audition.name == "mic3.wav"
    audition.do("previous_ir")
    assert audition.name == "mic1.wav"
    assert "go through the kept: 1" in audition.do("view")
    audition.do("next_ir")
    assert audition.name == "mic1.wav"
    assert "the favourites: 0" in audition.do("view")
    assert "There is nothing among the favourites" in audition.do("next_ir")
    assert "all 5 cabinets" in audition.do("everything")


def test_favourites_and_notes_are_kept_for_the_next_session(audition, folder):
    assert "mic1.wav is a favourite" in audition.do("favourite")
    assert "Noted    mic1.wav: solo" in audition.do("note", text=" solo ")
    other = Auditioning(folder)
    assert "favourite - solo" in other.do("next_ir", "previous_ir")
    other.do("view", "view", "next_ir")
    assert other.name == "mic1.wav"
    assert "no favourite" in other.do("favourite")
    assert "(nothing)" in other.do("note", text="")
    other.close()


def test_a_and_b_are_one_key_apart(audition):
    assert "nothing to compare yet" in audition.do("compare")
    assert "mark the other one with B" in audition.do("mark_a")
    audition.do("jump_ir", text="4")
    assert "mic4.wav is B; tab" in audition.do("mark_b")
    assert "A: mic1.wav" in audition.do("compare")
    assert audition.name == "mic1.wav"
    audition.do("compare")
    assert audition.name == "mic4.wav"
    audition.do("next_ir")  # goes on from there
    assert audition.name == "mic5.wav"


def test_blind_listening_tells_no_names_until_it_is_over(audition):
    heard = []
    text = audition.do("blind")
    heard.append(audition.name)
    assert "5 cabinets in random order" in text
    for command in ("next_ir", "next_ir", "keep", "reject", "mark_a", "next_ir", "mark_b", "compare", "mark_a"):
        text += audition.do(command)
        heard.append(audition.name)
        text += audition.player.cabinets.place + audition.player.cabinets.label(audition.player.cabinets.bank.position)
    for command, options in (("search_ir", {"text": "mic1"}), ("export", {"text": ""}), ("draw", {}), ("mix_add", {})):
        text += audition.do(command, **options)
        assert "v takes the blindfold off" in audition.told.text
    assert ".wav" not in text
    assert audition.player.equal.is_on  # louder must not win
    names = audition.do("blind")
    for name in heard:
        assert name in names
    assert "(rejected)" in names
    assert not list(Path().glob("*.png"))


def test_a_mix_that_was_left_cannot_be_heard_while_blind_as_it_would_tell_names(audition):
    audition.read_all()
    audition.do("mix_add", "next_ir", "mark_a", "mix", "mark_b")
    audition.do("blind")
    assert "A mix would tell names; v takes the blindfold off." in audition.do("mix")
    audition.do("compare")
    assert audition.player.mixer.is_on  # a mark may be a mix
    for command in ("mix_part", "mix_align", "part_invert", "mix_remove"):
        told = audition.do(command)
        assert "v takes the blindfold off" in told
        assert "mic" not in told
    audition.do("blind")


def test_a_session_that_begins_blind_does_not_name_its_first_cabinet_either(folder):
    broken = folder[0].with_name("mic0.wav")
    broken.write_text("not audio")
    firsts = set()
    for _ in range(12):
        audition = Auditioning([broken, *folder], blind=True)
        browsing, first = audition.player.cabinets.browsing, audition.name
        assert browsing.positions[0] == audition.player.cabinets.position
        text = audition.told.text + audition.do("next_ir", "first_ir")
        assert audition.name == first
        assert "Cabinet  number 1 of " in text
        assert not any(path.name in text for path in folder)  # but for the broken one, which nobody hears
        assert audition.player.equal.is_on
        assert first in audition.do("blind")
        firsts.add(first)
        audition.close()
    assert len(firsts) > 1
    assert broken.name not in firsts


def test_one_cabinet_cannot_be_heard_blind_and_is_named(folder):
    audition = Auditioning(folder[:1], blind=True)
    assert "Blind listening needs two cabinets" in audition.told.text
    assert "Cabinet  mic1.wav" in audition.told.text
    audition.close()


# ---------------------------------------------------------------- what bad input gets
def test_bad_files_are_told_and_stepped_over_and_the_sound_goes_on(folder):
    bad = write_all(folder[0].parent)
    audition = Auditioning([folder[0], *bad, folder[1]])
    x = guitar(RATE)
    before = audition.bench.process(x)
    audition.do("next_ir")  # before it is known to be bad, or after
    audition.read_all()
    audition.do("first_ir")
    again = audition.bench.process(x)
    assert db(again[RATE // 2 :] - before[RATE // 2 :]) < -60
    audition.do("next_ir")
    assert audition.name == "mic2.wav"
    told = audition.do("ir_problems")
    for name, (_, reason) in BAD.items():
        assert any(line.strip().startswith(name) and reason in line for line in told.splitlines())
    assert audition.player.cabinets.place == "2/2"
    audition.close()


@pytest.mark.parametrize("name", BAD)
def test_each_bad_file_alone_is_a_sentence_and_the_sound_goes_on(folder, name):
    make, reason = BAD[name]
    path = folder[0].parent / name
    make(path)
    audition = Auditioning([folder[0], path])
    audition.player.cabinets.go(1)
    assert reason in audition.do("mute", "mute")
    assert audition.name == "mic1.wav"
    assert audition.player.cabinets.bank.position == 0
    audition.close()


def test_a_file_that_disappears_is_told_and_what_plays_goes_on(audition, folder):
    audition.read_all()
    folder[1].unlink()
    assert "mic2.wav: no such file" in audition.do("next_ir")
    assert audition.name == "mic1.wav"
    audition.do("next_ir")
    assert audition.name == "mic3.wav"
    wav.write(folder[2], coloured(9, 600), RATE, overwrite=True)
    audition.do("next_ir", "previous_ir")
    assert audition.player.cabinets.playing.taps.shape == (1, 600)


def test_another_folder_can_be_opened_and_one_that_cannot_changes_nothing(audition, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "no audio").mkdir()
    (tmp_path / "no audio" / "readme.txt").touch()
    for name in ("empty", "no audio"):
        assert f"{name}: this folder holds no audio file" in audition.do("open_irs", text=str(tmp_path / name))
    for name in ("nowhere", "~nobody at all", "n" * 1000, "readme\n"):
        assert "this folder cannot be read (" in audition.do("open_irs", text=str(tmp_path / name))
    assert "this folder cannot be read (" in audition.do("open_irs", text="~nobody at all")
    assert audition.name == "mic1.wav"
    audition.do("mark_a")
    assert "3 files in" in audition.do("open_irs", text=str(bundled.irs()[0].parent))
    assert audition.name == bundled.irs()[0].name
    audition.do("next_ir", "mark_b", "compare")  # A is still in hand
    assert audition.name == "mic1.wav"
    assert "not in this folder" in audition.do("keep")


def test_a_folder_of_which_nothing_can_be_used_is_refused_at_the_start(tmp_path):
    from rig.errors import IRError

    bad = write_all(tmp_path)
    with pytest.raises(IRError, match=f"None of {len(bad)} files can be used as a cabinet. The first: silent.wav"):
        Auditioning(bad)
    with pytest.raises(IRError, match=r"^text.wav: not an audio file"):
        Auditioning([tmp_path / "text.wav"])


def test_with_little_memory_every_cabinet_still_plays(folder):
    one = Auditioning(folder[:1])
    size = one.player.cabinets.bank.peek(0).nbytes
    one.close()
    audition = Auditioning(folder, ir_bytes=2 * size)
    audition.read_all()
    assert "are read when you come to them" in audition.told.text
    for path in [*folder[1:], *folder]:
        audition.do("next_ir")
        assert audition.name == path.name
        assert audition.player.cabinets.bank.nbytes <= 2 * size
    audition.close()
