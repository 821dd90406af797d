"""Runs of rig that the pictures of the page are taken of, over jackd's dummy driver, with what a player has at home."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from device import Device
from jackserver import JackServer
from page_runs import PageRun, settled
from responses import coloured

from rig.audio import wav

REPOSITORY = Path(__file__).resolve().parents[2]
RATE = 48000
MICS = ("57 cap", "57 edge", "121 2in", "421 cone", "e906", "R92 far", "57+121 mix", "room")
CABS = ("1960A 4x12", "Deluxe 1x12", "Greenback 4x12", "V30 2x12", "Twin 2x12")
SONGS = ("Clean verse", "Crunch", "Lead", "Ambient intro", "Bridge", "Acoustic-ish", "Doom", "Solo +3 dB", "Encore")

Environment = Mapping[str, str]


def forty(folder: Path) -> Path:
    """Forty cabinets in five folders, and one file that is none."""
    at = folder / "cabs"
    for i, cab in enumerate(CABS):
        (at / cab).mkdir(parents=True)
        for j, mic in enumerate(MICS):
            taps = coloured(20 * i + j, samples=4096, delay=4 * j, peak=0.9)
            decay = np.exp(-np.arange(4096) / (120 + 60 * j))
            taps += 0.02 * decay * np.random.default_rng(100 * i + j).standard_normal(4096)
            wav.write(at / cab / f"{mic}.wav", taps, RATE, "PCM_24")
    (at / CABS[2] / "57 cap (copy).wav").write_bytes(b"RIFF")
    return at


def at_home(folder: Path) -> None:
    """The models, cabinets and the guitar that come with rig."""
    for name in ("models", "irs"):
        (folder / name).symlink_to(REPOSITORY / name)
    (folder / "take.wav").symlink_to(REPOSITORY / "models" / "di" / "rig-di.wav")


LEVELS = ("--interface", "apollo-8x", "--preamp-gain-db", 5)
GUITAR = ("--di", "take.wav")


@contextmanager
def playing(server: JackServer, folder: Path, environment: Environment, *more: Any) -> Iterator[PageRun]:
    """`rig play` with nine presets."""
    command = ("play", "models", "irs", *GUITAR, *(more or LEVELS))
    with PageRun(server, folder, *command, environment=environment) as run:
        with run.remote() as remote:
            for number, name in enumerate(SONGS):
                remote.do("cabinet", number % 3)
                settled(remote, lambda state, n=number: state["cabinet"]["index"] == n % 3)
                remote.do("save_preset", name)
            remote.do("preset", 2)
            settled(remote, lambda state: state["preset"]["number"] == 2)
        yield run


@contextmanager
def auditioning(server: JackServer, folder: Path, environment: Environment) -> Iterator[PageRun]:
    """`rig audition` of forty files, some kept and rejected, two marked."""
    forty(folder)
    with PageRun(server, folder, "audition", "models", "cabs", *GUITAR, *LEVELS, environment=environment) as run:
        with run.remote() as remote:

            def pick(index: int) -> None:
                remote.do("cabinet", index)
                settled(remote, lambda state: state["cabinet"]["index"] == index)

            for index, name, value in (
                *((0, "mark_a", None), (3, "keep", True), (5, "reject", None), (9, "favourite", True)),
                *((9, "note", "dark, for the bridge"), (12, "reject", None), (19, "keep", True), (19, "mark_b", None)),
            ):
                pick(index)
                remote.do(name, value)
            pick(20)
        time.sleep(1.0)
        yield run


@contextmanager
def comparing_sides(server: JackServer, folder: Path, environment: Environment, *more: Any) -> Iterator[PageRun]:
    """`rig ab` against the simulated preamp."""
    wires = ("--send", "preamp:in", "--return", "preamp:out")
    command = ("ab", "models/rig-preamp-a2.nam", "irs/rig-4x12-closed.wav", *wires, *GUITAR, *more)
    with (
        Device(server, 137, gain_db=-6.0),
        PageRun(server, folder, *command, environment=environment) as run,
    ):
        with run.remote() as remote:
            settled(remote, lambda state: state["measured"] is not None)
        yield run


@contextmanager
def capturing(server: JackServer, folder: Path, environment: Environment, gain_db: float = 0.0) -> Iterator[PageRun]:
    """`rig capture` of the simulated preamp, up to its first question."""
    levels = ("--send-dbu", 12.0, "--return-dbu", 12.3)
    wires = ("--send", "preamp:in", "--return", "preamp:out")
    command = ("capture", "take", "e570", *wires, *levels, "--length-s", 190, "--freewheel")
    with (
        Device(server, 137, gain_db=gain_db),
        PageRun(server, folder, *command, environment=environment) as run,
    ):
        yield run


@contextmanager
def comparing(server: JackServer, folder: Path, environment: Environment) -> Iterator[PageRun]:
    """`rig compare --page` of a capture of the simulated preamp with both models."""
    _taken(folder)
    command = ("compare", "dry.wav", "wet.wav", "models", "--workers", 1, "--page")
    with PageRun(server, folder, *command, environment=environment) as run:
        with run.remote() as remote:
            settled(remote, lambda state: state["excerpts"], 120)
        yield run


@contextmanager
def listening(server: JackServer, folder: Path, environment: Environment) -> Iterator[PageRun]:
    """`rig listen --page` with the same take and both models."""
    _taken(folder)
    pair = ("listen", "dry.wav", "wet.wav", *sorted((REPOSITORY / "models").glob("*.nam")))
    prepared = (*pair, "--section", "1-5", "--result", "test", "--prepare-only")
    with PageRun(server, folder, *prepared, environment=environment) as run:
        assert run.wait(300.0) == 0, run.lines
    with PageRun(server, folder, "listen", "test", "--page", environment=environment) as run:
        yield run


def _taken(folder: Path) -> None:
    """A take of what is nearly one of the models."""
    from rig.nam import Model

    x = _di()
    gear = Model.load(REPOSITORY / "models" / "rig-preamp-a2.nam").render(x)
    rng = np.random.default_rng(1)
    wav.write(folder / "dry.wav", x, RATE, "FLOAT", overwrite=True)
    wav.write(
        folder / "wet.wav", np.tanh(1.02 * gear) + 1e-4 * rng.standard_normal(len(gear)), RATE, "FLOAT", overwrite=True
    )


def _di() -> Any:
    return wav.read(REPOSITORY / "models" / "di" / "rig-di.wav").samples[: 12 * RATE, 0].astype(np.float64)


SCENES: dict[str, Callable[..., Any]] = {
    "play": playing,
    "audition": auditioning,
    "ab": comparing_sides,
    "capture": capturing,
    "compare": comparing,
    "listen": listening,
}
