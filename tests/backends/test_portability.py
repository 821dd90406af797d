"""FreeBSD and macOS have no MADV_DONTFORK, no /dev/shm, no gettid, no setpriv: rig plays without them."""

from __future__ import annotations

import ctypes
import mmap
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from child import run_in_child
from jackserver import JACKD_IS_MISSING, JackServer
from rigs import NANO, RATE, db, guitar

from rig.audio import wav


class WithoutLinux:
    """A C library that lacks what only Linux has."""

    def __init__(self, library):
        self._library = library

    def __getattr__(self, name):
        if name in ("gettid", "mlock", "prctl"):
            raise AttributeError(name)
        return getattr(self._library, name)


def take_linux_away():
    """Must come before anything of rig uses these."""
    for module, name in ((mmap, "MADV_DONTFORK"), (os, "sched_getscheduler"), (os, "sched_getparam")):
        if hasattr(module, name):
            delattr(module, name)
    real_library, real_which, exists, is_dir = ctypes.CDLL, shutil.which, Path.exists, Path.is_dir
    ctypes.CDLL = lambda name, *args, **more: (
        WithoutLinux(real_library(name, *args, **more)) if name is None else real_library(name, *args, **more)
    )
    shutil.which = lambda name, *args, **more: None if name == "setpriv" else real_which(name, *args, **more)
    Path.exists = lambda self, **more: not str(self).startswith("/dev/shm") and exists(self, **more)
    Path.is_dir = lambda self, **more: not str(self).startswith("/dev/shm") and is_dir(self, **more)


def _render(source, target):
    take_linux_away()
    from rig.nam import Model
    from rig.rendering import render
    from rig.sound import Sound

    return render(Sound(Model.load(NANO)), source, target).samples


def test_a_file_is_rendered_without_anything_that_only_linux_has(tmp_path):
    wav.write(tmp_path / "x.wav", guitar(RATE), RATE, "FLOAT")
    assert run_in_child(_render, str(tmp_path / "x.wav"), str(tmp_path / "y.wav")) == RATE
    from rig.nam import Model
    from rig.rendering import render
    from rig.sound import Sound

    render(Sound(Model.load(NANO)), tmp_path / "x.wav", tmp_path / "z.wav")
    np.testing.assert_array_equal(wav.read(tmp_path / "y.wav").samples, wav.read(tmp_path / "z.wav").samples)


def _play():
    take_linux_away()
    with JackServer() as server:
        from rig.backends.jack.client import Jack
        from rig.engine import LOOP, Engine
        from rig.lane import Lane
        from rig.nam import Model

        engine = Engine(RATE)
        with Jack("rig", server.name) as backend:
            engine.loop(guitar(2 * RATE))
            engine.play({0: Lane(RATE, Model.load(NANO).network(), source=LOOP)})
            backend.start(engine.block_address, engine.address)
            take = engine.take(RATE // 2, "output")
            take.record["strict"] = 0
            assert engine.wait_until_steady(10)
            while take.state != "done":
                pass
            priority = backend.realtime_priority()
    return [db(take.take), priority]


@pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
def test_rig_plays_over_jack_without_anything_that_only_linux_has():
    level_db, priority = run_in_child(_play)
    assert level_db > -40
    assert priority is None  # and is not guessed
