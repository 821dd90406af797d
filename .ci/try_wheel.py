"""Tries a wheel as a user does: installed by pip into an empty environment, used in an empty folder.

    python .ci/try_wheel.py WHEEL

It has to say its version under both names, render a file, play it (`--backend offline`), and to have the page's files
to serve, completion, manual pages, the desktop entry; and it has to name the way to figures. Nothing of the checkout is
seen. RIG_TRIAL_CACHE may name a folder with compiled code of this very version, else all is compiled.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any


class Trial:
    """An environment with the wheel in it and nothing else, a home of its own, and an empty folder to work in."""

    def __init__(self, wheel: Path, folder: Path) -> None:
        self.wheel, self.venv, self.desk = wheel.resolve(), folder / "venv", folder / "desk"
        self.desk.mkdir()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
        folders = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        if kept.get("RIG_TRIAL_CACHE"):  # compiled code of the same version may be used
            folders["XDG_CACHE_HOME"] = kept["RIG_TRIAL_CACHE"]
        path = os.pathsep.join([str(self.venv / "bin"), kept["PATH"]])
        self.environment = {**kept, **folders, "HOME": str(folder), "PATH": path}

    def run(self, *words: object, code: int = 0, **environment: str) -> str:
        """What a command prints. Ends the trial where its exit code is another one."""
        done = subprocess.run(
            list(map(str, words)),
            cwd=self.desk,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode != code:
            raise SystemExit(f"try_wheel: {' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def install(self) -> None:
        """By pip, which fetches what rig needs."""
        self.run(sys.executable, "-m", "venv", self.venv)
        self.run(self.venv / "bin" / "python", "-m", "pip", "install", "--quiet", self.wheel)

    def try_all(self) -> None:
        """Everything in turn."""
        for name in ("rig", "amprig"):
            expect(f"rig {version_of(self.wheel)}\n" in self.run(name, "--version"), f"{name} --version")
        di = self.run("python", "-c", "import rig; print(rig.bundled.di())").strip()
        model = self.run("python", "-c", "import rig; print(rig.bundled.models()[-1])").strip()
        cabinet = self.run("python", "-c", "import rig; print(rig.bundled.irs()[0])").strip()
        expect(str(self.venv) in di, "the guitar of the installed rig")
        self.run("rig", "render", model, di, "out.wav", "--ir", cabinet)
        expect((self.desk / "out.wav").stat().st_size > 100_000, "rig render")
        self.run("rig", "play", "--backend", "offline", "--else-render", "played.wav")
        expect((self.desk / "played.wav").stat().st_size > 100_000, "rig play --backend offline")
        self.page()
        expect("complete -F _rig" in self.run("rig", "completion", "bash"), "rig completion")
        for name in SHARED:
            expect((self.venv / "share" / name).is_file(), f"share/{name}")
        told = self.run("rig", "ir", cabinet, "--png", "figure.png", code=2)
        expect("pip install 'amprig[plots]'" in told, f"the way to figures, not: {told}")

    def page(self) -> None:
        """What the server would answer is what the wheel holds, file by file."""
        with zipfile.ZipFile(self.wheel) as archive:
            start = "rig/web/static/"
            files = {n.removeprefix(start): archive.read(n) for n in archive.namelist() if n.startswith(start)}
        expect(len(files) > 40, "the page in the wheel")
        told = json.loads(self.run("python", "-c", SERVED))
        for name, content in files.items():
            expect(told.get(f"/{name}") == hashlib.sha256(content).hexdigest(), f"the page's {name}")


SHARED = (
    "man/man1/rig.1",
    "man/man1/rig-play.1",
    "bash-completion/completions/rig",
    "zsh/site-functions/_rig",
    "fish/vendor_completions.d/rig.fish",
    "applications/amprig.desktop",
    "icons/hicolor/scalable/apps/amprig.svg",
)
SERVED = """
import hashlib, json
from rig.web.files import Files
files = Files()
print(json.dumps({path: hashlib.sha256(files.get(path).content).hexdigest() for path in files.paths}))
"""


def expect(holds: Any, what: str) -> None:
    """End the trial where something does not hold."""
    if not holds:
        raise SystemExit(f"try_wheel: {what} is not right")


def version_of(wheel: Path) -> str:
    """The version in the name of a wheel."""
    return wheel.name.split("-")[1]


def main() -> None:
    """Try the wheel that is named."""
    with tempfile.TemporaryDirectory(prefix="rig-trial-") as folder:
        trial = Trial(Path(sys.argv[1]), Path(folder))
        trial.install()
        trial.try_all()
    print(f"{Path(sys.argv[1]).name}: installed, rendered, played, with its page, completion and manual")


if __name__ == "__main__":
    main()
