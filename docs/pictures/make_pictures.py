"""Makes every picture of docs/images, from real runs of rig: `make pictures`.

    python docs/pictures/make_pictures.py [drawn] [cabinets] [play] [capture] [page]

Names choose some of them. A session is played over jackd's dummy driver, with the guitar that comes with rig; the
capture is one of the simulated preamp that the bundled models were made from. What a picture shows of load and xruns is
what this machine had.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import diagrams
import platformdirs
from screen import Run  # finds the support of the tests
from svg import terminal

REPOSITORY = Path(__file__).resolve().parents[2]
IMAGES = REPOSITORY / "docs" / "images"
RIG = [sys.executable, "-m", "rig"]
COLUMNS, ROWS = 80, 24


def fresh_user(folder: Path) -> dict[str, str]:
    """An environment without anything that a user has kept, but with the code that is compiled already."""
    compiled = Path(platformdirs.user_cache_dir("rig", appauthor=False), "compiled")
    compiled.mkdir(parents=True, exist_ok=True)
    (folder / "cache" / "rig").mkdir(parents=True)
    (folder / "cache" / "rig" / "compiled").symlink_to(compiled)
    kinds = {"CONFIG": "config", "STATE": "state", "DATA": "data", "CACHE": "cache"}
    return {f"XDG_{kind}_HOME": str(folder / name) for kind, name in kinds.items()}


def play(folder: Path, environment: dict[str, str]) -> None:
    """`rig play` for some seconds, with a few keys."""
    from jackserver import JackServer

    for name in ("models", "irs"):
        (folder / name).symlink_to(REPOSITORY / name)
    (folder / "take.wav").symlink_to(REPOSITORY / "models" / "di" / "rig-di.wav")
    words = ["play", "--di", "take.wav", "--interface", "apollo-8x", "--preamp-gain-db", "5"]
    with (
        JackServer(period=128) as server,
        Run([*RIG, *words], COLUMNS, ROWS - 1, folder, {**server.environment(), **environment}) as run,
    ):
        run.watch(r"xruns")
        run.go_on(3.0)
        run.press("i")
        run.go_on(2.0)
        run.press("n")
        run.go_on(4.0)
        lines = [re.sub(r"token=\S+", "token=...", line) for line in run.cells.shown]  # that of one session only
        run.press("q")
        run.go_on(1.0)
    terminal([f"$ rig {' '.join(words)}", *lines], IMAGES / "play.svg", "rig play", COLUMNS)


def cabinets(folder: Path, environment: dict[str, str]) -> None:
    """`rig ir` of the three cabinets."""
    irs = sorted((REPOSITORY / "irs").glob("*.wav"))
    command = [*RIG, "ir", *map(str, irs), "--png", str(IMAGES / "cabinets.png"), "--overwrite"]
    subprocess.run(command, env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL)


def preamp() -> Any:
    """The simulated preamp, as models/make_preamp_take.py has it."""
    spec = spec_from_file_location("make_preamp_take", REPOSITORY / "models" / "make_preamp_take.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def capture(folder: Path, environment: dict[str, str]) -> None:
    """A capture of the preamp, cut and checked; then the models that were made of it, compared with it."""
    import numpy as np
    import soundfile as sf

    def shown(*words: str, columns: int, name: str) -> None:
        with Run([*RIG, *words], columns, 1000, folder, environment) as run:
            lines = run.to_the_end()
        terminal([f"$ rig {' '.join(words)}", *lines], IMAGES / f"{name}.svg", f"rig {words[0]}", columns)

    subprocess.run(
        [*RIG, "signal", "signal.wav", "--length-s", "60"], env={**os.environ, **environment}, cwd=folder, check=True
    )
    x, rate = sf.read(folder / "signal.wav")
    played = np.concatenate([np.zeros(rate), x, np.zeros(3 * rate // 2)])
    sf.write(folder / "take.wav", preamp().take(played), rate, subtype="PCM_24")
    words = "capture cut signal.wav take.wav --name preamp --send-dbu 12.0 --return-dbu 12.3"
    shown(*words.split(), columns=112, name="capture")
    (folder / "models").symlink_to(REPOSITORY / "models")
    shown("compare", "captures/preamp", "models/", columns=112, name="compare")


def page(folder: Path, environment: dict[str, str]) -> None:
    """The page in Chromium."""
    for kind in ("machine", "files"):
        sys.path.append(str(REPOSITORY / "tests" / "support" / kind))
    import pages

    pages.page(IMAGES, folder, environment)


def drawn(folder: Path, environment: dict[str, str]) -> None:
    """The pictures that nothing has to run for."""
    diagrams.draw(IMAGES)


PICTURES: tuple[Callable[[Path, dict[str, str]], None], ...] = (drawn, cabinets, play, capture, page)


def main() -> None:
    """Make those that are named, else all."""
    IMAGES.mkdir(exist_ok=True)
    for picture in PICTURES:
        if not sys.argv[1:] or picture.__name__ in sys.argv[1:]:
            with tempfile.TemporaryDirectory() as name:
                picture(Path(name), fresh_user(Path(name)))
            print(f"{picture.__name__}: drawn")


if __name__ == "__main__":
    main()
