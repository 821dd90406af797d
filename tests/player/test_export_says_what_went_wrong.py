"""Whoever writes a cabinet to a file hears of it, whether it worked or not, at the latest when rig ends."""

from __future__ import annotations

import pytest
from auditioning import Auditioning, five_cabinets
from jackclients import wait_until


@pytest.fixture
def audition(tmp_path, monkeypatch):
    found = Auditioning(five_cabinets(tmp_path, monkeypatch))
    found.told.clear()
    yield found
    found.close()


def export(audition, text):
    audition.player.do("export", text=text)
    jobs = audition.player.mixer._writing
    wait_until(lambda: (audition.poll(), not jobs.waiting)[1], "the end of the writing", 60)
    return audition.told.text


def test_a_file_that_was_written_is_named(audition, tmp_path):
    assert "Written  irs/mine.wav" in export(audition, "mine")
    assert (tmp_path / "irs" / "mine.wav").is_file()


def test_a_folder_that_cannot_be_made_is_a_sentence(audition):
    assert "no/such/mine.wav: cannot be written; there is no folder no/such." in export(audition, "no/such/mine.wav")


def test_a_file_in_the_way_of_the_folder_is_a_sentence(audition, tmp_path):
    (tmp_path / "plain").write_text("a file")
    assert "plain/mine.wav: cannot be written; there is no folder plain." in export(audition, "plain/mine.wav")


def test_a_file_that_is_there_already_is_left_alone(audition, tmp_path):
    (tmp_path / "mine.wav").write_text("mine")
    assert "the file exists already; choose another name." in export(audition, str(tmp_path / "mine.wav"))
    assert (tmp_path / "mine.wav").read_text() == "mine"


def test_what_went_wrong_while_rig_ends_is_still_said(audition):
    audition.player.do("export", text="no/such/mine.wav")
    audition.player.close()
    assert "cannot be written" in audition.told.text
