"""A take that has been recorded is on disk before anything else is tried, and stays whatever fails afterwards."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
import takes
from takes import recorded, signal

from rig.audio import wav
from rig.backends.offline import Offline
from rig.capture import session
from rig.capture.ir.files import Microphone
from rig.capture.plan import Plan
from rig.capture.result.folder import checked_name
from rig.capture.result.gear_metadata import Gear
from rig.capture.result.rejected import TakeOnDisk
from rig.capture.result.save import save_capture
from rig.capture.session import capture
from rig.capture.take.recording import Recording
from rig.capture.take.retakes import TakeResult
from rig.capture.take.tape_deck import Dropout, TapeDeck
from rig.capture.take.wiring import Wiring
from rig.errors import CaptureError


class Desk:
    """Says what it hears, and answers everything with its default."""

    def __init__(self, fails_at=None):
        self.said, self._fails_at = [], fails_at

    def say(self, text):
        self.said.append(text)
        if self._fails_at is not None and text.startswith(self._fails_at[0]):
            raise self._fails_at[1]

    def ask(self, question, option, default=None):
        return default or ""

    def meter(self, *_):
        pass


@cache
def whole():
    return TakeResult(recorded().astype(np.float32), None, (), 0.0)


@pytest.fixture
def finished(tmp_path, monkeypatch):
    """What `capture` does once the take has been recorded; `recording` itself is not under test here."""

    def run(operator, taken=None, **wishes):
        taken = whole() if taken is None else taken
        on_disk = TakeOnDisk(tmp_path / "captures", "x")
        plan = Plan(tmp_path / "captures", "x", Wiring("a", "b"), signal(), **wishes)

        def take(*_):
            on_disk.store(taken.samples, session.UNJUDGED, {"server": "jack"})
            if taken.dropout is not None:
                session._refuse(taken, on_disk, session._torn(taken))
            return session._save(operator, plan, taken, None, {"server": "jack"}, on_disk)

        monkeypatch.setattr(session, "_take", take)
        monkeypatch.setattr(session, "TakeOnDisk", lambda *_: on_disk)
        monkeypatch.setattr(session, "confirmed", lambda _, __, plan: plan)
        return capture(None, operator, plan)

    return run


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("Finding", MemoryError()),
        ("Writing", RuntimeError("a library fell over")),
        ("Drawing", UnicodeEncodeError("utf-8", "\udce9", 0, 1, "surrogates not allowed")),
    ],
    ids=["memory", "library", "text"],
)
def test_whatever_fails_after_a_take_its_recording_is_kept_and_named(finished, tmp_path, step, error):
    with pytest.raises(CaptureError, match=rf"rig itself failed \({type(error).__name__}.* is kept in .*x\.rejected-1"):
        finished(Desk((step, error)))
    assert [path.name for path in (tmp_path / "captures").iterdir()] == ["x.rejected-1"]
    kept = wav.read(tmp_path / "captures" / "x.rejected-1" / "take.wav").samples[:, 0]
    assert np.array_equal(kept.astype(np.float32), whole().samples)
    assert (
        "rig itself failed"
        in json.loads((tmp_path / "captures" / "x.rejected-1" / "rejected.json").read_text())["reason"]
    )


def test_ctrl_c_while_it_is_written_keeps_it_and_says_where(finished, tmp_path):
    desk = Desk(("Drawing", KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        finished(desk)
    assert "is kept in" in desk.said[-1] and (tmp_path / "captures" / "x.rejected-1" / "take.wav").is_file()


def test_a_capture_that_is_complete_leaves_nothing_beside_it(finished, tmp_path):
    saved = finished(Desk())
    assert saved.accepted and [path.name for path in (tmp_path / "captures").iterdir()] == ["x"]


def test_a_take_that_fails_its_checks_is_kept_once_with_the_reason(finished, tmp_path):
    faulty = TakeResult(takes.dropped(recorded(), 64).astype(np.float32), None, (), 0.0)
    saved = finished(Desk(), faulty)
    assert not saved.accepted and saved.folder == tmp_path / "captures" / "x.rejected-1"
    content = json.loads((saved.folder / "rejected.json").read_text())
    assert content["reason"] == saved.reason and content["quality"]["verdict"] == "fail"
    assert [path.name for path in (tmp_path / "captures").iterdir()] == ["x.rejected-1"]


def test_a_take_during_which_the_server_died_is_kept_up_to_the_death(finished, tmp_path):
    at = 200_000
    torn = TakeResult(whole().samples[:at], Dropout("gone", "the JACK server went away at 4.2 s", at), (), 0.0)
    with pytest.raises(CaptureError, match=r"the JACK server went away at 4\.2 s\. Start the server .* is kept in"):
        finished(Desk(), torn)
    kept = wav.read(tmp_path / "captures" / "x.rejected-1" / "take.wav").samples[:, 0]
    assert np.array_equal(kept.astype(np.float32), whole().samples[:at])


def test_a_program_that_joins_the_server_is_named_and_not_the_period(tmp_path):
    torn = TakeResult(whole().samples[:100], Dropout("gap", "the server lost 128 frames at 3.0 s", 100), (), 0.0)
    for joined, way_out in ((True, "Another program joined the server or left it"), (False, "Choose a longer period")):
        with pytest.raises(CaptureError, match=rf"lost 128 frames at 3\.0 s\. {way_out}"):
            session._refuse(torn, TakeOnDisk(tmp_path, "x"), torn.dropout.text, joined)


def test_where_the_folder_cannot_be_written_the_take_lies_with_temporary_files(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "file").write_text("in the way")
    on_disk = TakeOnDisk(tmp_path / "file", "x")
    on_disk.store(np.zeros(100, np.float32), "why", {})
    assert on_disk.folder == tmp_path / "temporary" / "x.rejected-1"
    on_disk.discard()
    assert not list((tmp_path / "temporary").iterdir())
    empty = TakeOnDisk(tmp_path, "x")
    empty.store(np.zeros(0, np.float32), "why", {})
    assert empty.sentence == "Nothing had been recorded yet."


def test_a_drawing_library_that_fails_costs_the_plots_and_nothing_else(tmp_path, monkeypatch):
    def fails(*_):
        raise RuntimeError("no memory for the figure")

    monkeypatch.setattr("rig.capture.result.plots.take_figure", fails)
    saved = save_capture(tmp_path, "plain", signal(), Recording(recorded()))
    assert saved.accepted
    page = (saved.folder / "report.html").read_text()
    assert "drawing them failed (RuntimeError: no memory for the figure)" in page and "<svg" not in page


def test_a_terminal_that_goes_away_during_a_take_ends_it_like_any_other_mishap():
    def look(moment):
        raise BrokenPipeError(32, "Broken pipe")

    with Offline(48000) as backend, TapeDeck(backend) as deck:
        returned = deck.run(np.zeros(48_000, np.float32), watch=look)
    assert returned.dropout.why == "failed" and "BrokenPipeError" in returned.dropout.text
    assert session.WAY_OUT["failed"]


@pytest.mark.parametrize(
    "make",
    [
        lambda text: Gear(gear_make=text),
        lambda text: Gear(modeled_by=text),
        lambda text: checked_name(text),
        lambda text: Microphone(speaker=text),
    ],
    ids=["maker", "who", "name", "speaker"],
)
def test_text_that_no_file_can_hold_is_refused_before_anything_sounds(make):
    with pytest.raises(CaptureError, match=r"'caf\\xe9' is no text in UTF-8"):
        make(b"caf\xe9".decode("utf-8", "surrogateescape"))
