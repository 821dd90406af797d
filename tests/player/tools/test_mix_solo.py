"""One part of a mix alone: heard as its cabinet is, and the mix comes back as it was."""

from __future__ import annotations

import pytest
from auditioning import Auditioning, five_cabinets

from rig.errors import RigError
from rig.player.shown.details import details_of


@pytest.fixture
def mixing(tmp_path, monkeypatch):
    """Three cabinets in a mix, the last one chosen."""
    audition = Auditioning(five_cabinets(tmp_path, monkeypatch))
    audition.read_all()
    audition.do("mix_add", "next_ir", "mix_add", "next_ir")
    assert len(audition.player.mixer.parts) == 3
    yield audition
    audition.close()


def solo(audition, number):
    audition.told.clear()
    audition.player.commands.carry_out("mix_solo", number)
    assert audition.player.arrive(20)
    audition.poll()
    return details_of(audition.player)["mix"]["soloed"]


def test_a_part_alone_is_its_cabinet_and_the_mix_comes_back(mixing):
    mixer, mixed = mixing.player.mixer, mixing.name
    for number in (1, 3, 2):
        assert solo(mixing, number) == number - 1
        assert mixing.name == mixer.parts[number - 1].item.ir.name
        assert not mixer.is_on
    assert solo(mixing, 0) is None
    assert (mixing.name, mixer.is_on, mixer.chosen) == (mixed, True, 1)


def test_while_one_is_alone_choosing_another_one_hears_that(mixing):
    solo(mixing, 1)
    mixing.do("mix_part")
    assert mixing.player.mixer.soloed == 1
    mixing.do("next_ir")  # another cabinet: it is no part
    assert mixing.player.mixer.soloed is None


def test_what_cannot_be_heard_alone_is_refused(mixing, tmp_path):
    with pytest.raises(RigError, match="The mix has 3 parts"):
        solo(mixing, 4)
    solo(mixing, 1)
    assert "The mix does not play; z brings it back." in mixing.do("part_invert")
    mixing.do("mix", "mix_remove", "mix_remove")
    with pytest.raises(RigError, match="There is no mix"):
        solo(mixing, 1)
