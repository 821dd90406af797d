"""The section of a loop: what is heard of it, how its ends are kept apart, and that it survives a restart."""

from __future__ import annotations

import numpy as np
import pytest
from auditioning import Auditioning, five_cabinets
from rigs import RATE, jump, sine

from rig.errors import RigError
from rig.player.tools.loop_section import peaks_of


@pytest.fixture
def playing(tmp_path, monkeypatch):
    """A tone that grows louder through four seconds, in place of the guitar."""
    audition = Auditioning(five_cabinets(tmp_path, monkeypatch))
    audition.player.do("bypass")
    audition.player.set("no_cabinet", True)
    audition.player.looper.put(
        sine(4 * RATE, hz=220.0, peak=0.4) * np.linspace(0.05, 1, 4 * RATE, dtype=np.float32), "a tone"
    )
    audition.player.set("loop", True)
    audition.player.looper.play_loop(True)
    heard(audition, 0.5)
    yield audition
    audition.close()


def heard(audition, seconds):
    y = audition.bench.process(np.zeros(round(seconds * RATE)))
    audition.poll()
    return y


def ends(audition):
    return audition.player.value("loop_from"), audition.player.value("loop_to")


def test_only_the_section_is_heard_and_its_ends_do_not_click(playing):
    steady = jump(heard(playing, 4.0))
    playing.player.set("loop_to", 1.0)
    quiet = heard(playing, 3.0)
    playing.player.set("loop_to", 4.0)
    playing.player.set("loop_from", 3.0)
    loud = heard(playing, 3.0)
    peaks = [[np.abs(part).max() for part in np.array_split(y[RATE:], 200)] for y in (quiet, loud)]
    assert max(peaks[0]) == pytest.approx(0.4 * (0.05 + 0.95 * 0.25), rel=0.02)
    assert min(peaks[1]) > 0.9 * 0.4 * (0.05 + 0.95 * 0.75)  # where the seam is joined it may dip
    assert max(jump(quiet), jump(loud)) < 3 * steady
    assert "3.00 to 4.00 s of 4.0 s" in playing.told.text


def test_the_ends_keep_a_fifth_of_a_second_apart_and_stay_in_the_loop(playing):
    put = playing.player.set
    put("loop_to", 2.0)
    put("loop_from", 3.0)
    assert ends(playing) == pytest.approx((1.8, 2.0))
    put("loop_from", 0.0)
    put("loop_to", 0.0)
    assert ends(playing) == pytest.approx((0.0, 0.2))
    put("loop_to", 500.0)
    assert ends(playing) == pytest.approx((0.0, 4.0))


def test_without_a_loop_it_is_said_how_to_get_one(tmp_path, monkeypatch):
    audition = Auditioning(five_cabinets(tmp_path, monkeypatch))
    assert ends(audition) == (0.0, 0.0)
    with pytest.raises(RigError, match="There is no loop yet"):
        audition.player.commands.carry_out("loop_from", 1.0)
    audition.close()


def test_another_loop_plays_whole(playing):
    playing.player.set("loop_from", 2.0)
    playing.player.looper.put(sine(RATE, peak=0.1), "another")
    assert ends(playing) == pytest.approx((0.0, 1.0))


def test_the_place_that_plays_stays_within_the_section(playing):
    playing.player.set("loop_from", 1.0)
    playing.player.set("loop_to", 1.5)
    for _ in range(10):
        heard(playing, 0.13)
        assert 1.0 <= playing.player.looper.section.at_s <= 1.51


def test_the_section_is_kept_over_a_restart(playing):
    playing.player.set("loop_from", 1.0)
    kept = playing.player.looper.snapshot()
    playing.player.set("loop_from", 0.0)
    playing.player.looper.restore(kept)
    assert ends(playing) == pytest.approx((1.0, 4.0))


def test_the_picture_shows_where_it_is_loud():
    loop = np.zeros(16000, np.float32)
    loop[8000:] = -0.5
    assert peaks_of(loop) == [0.0] * 80 + [1.0] * 80
    assert peaks_of(np.zeros(1, np.float32)) == [0.0] * 160
