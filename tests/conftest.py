"""Fixtures that several test files share."""

from __future__ import annotations

import gc
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import allocations as allocations  # first: what compiled code allocates is counted from here on
import platformdirs
import pytest
from _pytest.doctest import DoctestModule
from hypothesis import settings
from jackserver import JACKD_IS_MISSING, LIVE_NAME, JackServer

# Whoever starts pytest under nohup, or behind a `&`, has signals ignored, and so would all that the tests start. A
# program that is started gets the default for what is caught here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda number, frame: None)

settings.register_profile("rig", deadline=None)  # no test asserts a time: a busy machine holds up any of them
settings.load_profile("rig")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Tests are thousands of things that stay: no garbage is looked for among them, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


class FilesWithExamples:
    """A plugin: of all files only those with an example are imported and searched for doctests."""

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(self, file_path: Path) -> Iterator[None]:
        """Leave out what would be collected in vain, which takes each process of a run seconds."""
        found = yield
        return [each for each in found if not isinstance(each, DoctestModule) or ">>>" in file_path.read_text("utf-8")]


def pytest_configure(config: pytest.Config) -> None:
    """Register it: a hook of this file alone would not be asked about the files of `rig/`."""
    config.pluginmanager.register(FilesWithExamples())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a real server takes part in is `live` and runs one by one. The rest runs side by side (`.ci/test`)."""
    for item in items:
        needs_jackd = any(mark.kwargs.get("reason") == "jackd is not installed" for mark in item.iter_markers("skipif"))
        if needs_jackd or "jack_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.live)
    if "PYTEST_XDIST_WORKER" in os.environ:
        # Files of few tests first: these are the long tests, and one that begins last keeps the other cores waiting.
        tests_in = Counter(item.path for item in items)
        items.sort(key=lambda item: (tests_in[item.path], item.path))


@pytest.fixture(scope="session", autouse=True)
def no_settings_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What rig keeps is kept in a temporary folder; only the cache of compiled code stays where it is."""
    folder = tmp_path_factory.mktemp("user")
    compiled = Path(platformdirs.user_cache_dir("rig", appauthor=False), "compiled")
    compiled.mkdir(parents=True, exist_ok=True)
    (folder / "cache" / "rig").mkdir(parents=True)
    (folder / "cache" / "rig" / "compiled").symlink_to(compiled, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        yield


@pytest.fixture(scope="session")
def jack_server() -> Iterator[JackServer]:
    """The one JACK server of the test process: 48 kHz, 64 frames, two ports each way; see jackserver.py."""
    if JACKD_IS_MISSING:
        pytest.skip("jackd is not installed")
    with JackServer(name=LIVE_NAME) as server:
        yield server


@pytest.fixture(scope="session")
def loop(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file of steady noise, to play in place of the guitar: whenever rig plays it, it can be heard."""
    import numpy as np

    from rig.audio import wav

    path = tmp_path_factory.mktemp("loop") / "noise.wav"
    wav.write(path, 0.1 * np.random.default_rng(1).standard_normal(48000), 48000, "FLOAT")
    return str(path)
