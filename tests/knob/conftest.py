"""Simulated cards for every test here: alsa-lib itself is asked, through a plugin that the tests compile."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from places import python_path
from simulated_card import CARDS, WHY_NOT, SimulatedCard, compiled, configured


@pytest.fixture(scope="session")
def plugin(tmp_path_factory):
    if not sys.platform.startswith("linux") or WHY_NOT:
        pytest.skip(WHY_NOT or "ALSA is of Linux")
    return compiled(tmp_path_factory.mktemp("plugin"))


class Cards:
    """`hw:0`, `hw:1`, ... for a program that is started with `environment`."""

    def __init__(self, folder, plugin):
        self.folder, self.environment, self.cards = folder, configured(folder, plugin), []
        self.environment["PYTHONPATH"] = os.pathsep.join(python_path())
        self.environment["XDG_CONFIG_HOME"] = str(folder / "config")  # an interface that is named is kept

    def add(self, title, controls, at=None):
        number = len(self.cards) if at is None else at
        assert number < CARDS
        card = SimulatedCard(self.folder / f"card-{number}", title, controls)
        card.plug_in()
        self.cards.append(card)
        return card

    def run(self, code):
        """What a program prints that asks alsa-lib about them; libasound reads its configuration once a process."""
        done = subprocess.run(
            [sys.executable, "-c", code], env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert not done.stderr, done.stderr
        return done.stdout.strip().splitlines()


@pytest.fixture
def cards(tmp_path, plugin):
    made = Cards(tmp_path, plugin)
    yield made
    for card in made.cards:
        card.pull_out()
