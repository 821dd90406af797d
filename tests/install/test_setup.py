"""What `.ci/setup` asks of each system's package manager, seen by stand-ins on a path of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from places import ROOT

TOOLS = ("sh", "dirname", "uname", "id", "env", "grep")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these package managers are Linux's")


def set_up(folder, manager, *words):
    """How it ended, and what it had the manager do; as root, whom nothing needs to be asked."""
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool) or "")
    (folder / "id").unlink()
    stand_in(folder / "id", "echo 0")
    if manager:
        stand_in(folder / manager, f'echo "{manager} $*" >> "{folder}/asked"')
    # Tools of the JACK server lie in /usr/bin: on this path there are none.
    done = subprocess.run(
        [str(folder / "sh"), ".ci/setup", *words], cwd=ROOT, env={"PATH": str(folder)}, capture_output=True, text=True
    )
    asked = folder / "asked"
    return done, asked.read_text().splitlines() if asked.exists() else []


def stand_in(path, does):
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("manager", "asked"),
    [
        (
            "apt-get",
            ["-y install --no-install-recommends", "jackd2", "jack-example-tools", "libasound2-dev", "pipewire-jack"],
        ),
        (
            "dnf",
            [
                "-q -y install",
                "jack-audio-connection-kit",
                "jack-audio-connection-kit-example-clients",
                "alsa-lib-devel",
            ],
        ),
        ("pacman", ["-S --needed --noconfirm", "jack2", "jack-example-tools", "alsa-lib"]),
    ],
)
def test_each_manager_is_asked_in_its_own_words_for_packages_by_their_names_there(tmp_path, manager, asked):
    done, lines = set_up(tmp_path, manager, "libraries", "server")
    assert done.returncode == 0, done.stderr
    how, *packages = asked
    installed = [line for line in lines if how in line]
    assert [line.split()[-1] for line in installed] == packages


def test_without_a_manager_the_packages_are_named(tmp_path):
    done, _ = set_up(tmp_path, None, "libraries", "server")
    assert done.returncode == 1
    assert "could not be installed from here" in done.stderr and "jackd2" in done.stderr


def test_shells_that_cannot_be_had_stop_nothing(tmp_path):
    done, _ = set_up(tmp_path, None, "shells")
    assert done.returncode == 0 and "their tests are skipped: zsh fish mandoc" in done.stderr


def test_the_first_python_that_is_new_enough_is_found(tmp_path):
    stand_in(tmp_path / "python3", "exit 1")  # an old one
    (tmp_path / "python3.13").symlink_to(sys.executable)
    done, _ = set_up(tmp_path, None, "interpreter")
    assert (done.returncode, done.stdout) == (0, "python3.13\n")
