"""Runs the tests in every Python that rig claims, with the newest and the oldest of what it needs: `make matrix`.

Each combination gets a virtual environment of its own below .matrix/, made anew, and a log beside it. The oldest are
the lower bounds in pyproject.toml, on the oldest Python, as packages of that age have no builds for later ones. An
interpreter that is not there is reported as not run. Ends with 1 where a combination failed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WHERE = ROOT / ".matrix"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SHOWN = ("numpy", "numba", "scipy", "matplotlib")  # versions that stand in the report
LOOKED_IN = ("~/.pyenv/versions/*/bin", "/opt/python*/bin", "/usr/local/opt/python@*/bin", "/opt/homebrew/opt/*/bin")


@dataclass
class Run:
    """One combination. `outcome`: what came of it, in words."""

    version: str
    packages: str
    interpreter: str | None
    outcome: str = "not run: no such interpreter here"
    found: str = ""
    has_failed: bool = False

    @property
    def name(self) -> str:
        """Of its environment and its log."""
        return f"{self.version}-{self.packages}"


def oldest(pyproject: str) -> list[str]:
    r"""Every lower bound in pyproject.toml as a pin: a file of constraints for pip.

    >>> oldest('[project]\nname = "a"\ndependencies = ["numpy>=2.0"]')
    ['numpy==2.0']
    """
    project = tomllib.loads(pyproject)["project"]
    extras = project.get("optional-dependencies", {}).values()
    wanted = [*project["dependencies"], *(each for extra in extras for each in extra)]
    pins = []
    for each in wanted:
        match = re.fullmatch(r"([\w.-]+)>=([\w.]+)", each)
        if match:
            pins.append(f"{match[1]}=={match[2]}")
        elif not each.startswith(f"{project['name']}["):  # an extra that gathers the others
            raise SystemExit(f"matrix: {each!r} in pyproject.toml has no lower bound")
    return pins


def candidates(version: str) -> Iterator[str]:
    """Where an interpreter may lie."""
    name = f"python{version}"
    if path := shutil.which(name):
        yield path
    for pattern in LOOKED_IN:
        folder = Path(pattern).expanduser()
        yield from map(
            str, sorted(Path(folder.anchor).glob(str(folder.relative_to(folder.anchor) / name)), reverse=True)
        )
    if uv := shutil.which("uv"):
        done = subprocess.run([uv, "python", "find", "--no-project", version], capture_output=True, text=True)
        if done.returncode == 0:
            yield done.stdout.strip()


def interpreter(version: str) -> str | None:
    """The first that starts, is of that version, and can make environments."""
    code = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    for path in candidates(version):
        done = subprocess.run([path, "-c", code], capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.strip() == version:
            return path
    return None


def carry_out(run: Run, share: list[str]) -> None:
    """Make the environment and run the tests in it; all that is printed goes to the log."""
    assert run.interpreter is not None
    folder = WHERE / run.name
    python = folder / "bin" / "python"
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    install = [python, "-m", "pip", "install", "--progress-bar", "off", "--editable", ".[dev]"]
    if run.packages == "oldest":
        constraints = WHERE / "oldest.txt"
        constraints.write_text("\n".join(oldest((ROOT / "pyproject.toml").read_text(encoding="utf-8"))) + "\n")
        install += ["--constraint", constraints]
        environment["PYTEST_ADDOPTS"] = "-W default"  # matplotlib of that age uses what its own dependencies deprecated
    tests = ["sh", ".ci/test", python] if not share else [python, "-m", "pytest", "-q", "-m", "not soak", *share]
    with (WHERE / f"{run.name}.log").open("wb") as log:
        for words, what in (
            ([run.interpreter, "-m", "venv", "--clear", folder], "no environment could be made"),
            (install, "pip could not install what is needed"),
            ([python, "-c", VERSIONS], "what was installed cannot be imported"),
            (tests, "tests failed"),
        ):
            # Without a standard input, as in CI: a test that waits for a key must not wait for the user's.
            done = subprocess.run(
                list(map(str, words)), cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            if done.returncode:
                run.outcome, run.has_failed = f"{what}: see {(WHERE / run.name).relative_to(ROOT)}.log", True
                return
    text = (WHERE / f"{run.name}.log").read_text(encoding="utf-8", errors="replace")
    run.found = (re.findall(r"^versions: (.*)$", text, re.MULTILINE) or [""])[-1]
    run.outcome = ", ".join(re.findall(r"\b\d+ (?:passed|skipped)\b", " ".join(text.splitlines()[-200:])))


VERSIONS = f"""
import importlib.metadata, rig.cli, rig.engine
print("versions:", ", ".join(f"{{n}} {{importlib.metadata.version(n)}}" for n in {SHOWN!r}), flush=True)
"""


def main() -> int:
    """Run the matrix; the exit code."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument(
        "--python", action="append", choices=PYTHONS, help="only this one (may be given several times)"
    )
    options.add_argument("--packages", choices=("newest", "oldest"), help="only these versions of what rig needs")
    options.add_argument("--share", nargs="+", default=[], metavar="TESTS", help="only these tests, not `make test`")
    options.add_argument("--list", action="store_true", help="say what would run, and run nothing")
    chosen = options.parse_args()
    combinations = [("oldest", PYTHONS[0]), *(("newest", version) for version in PYTHONS)]
    runs = [
        Run(version, packages, interpreter(version))
        for packages, version in combinations
        if version in (chosen.python or PYTHONS) and packages in (chosen.packages or packages)
    ]
    for run in runs:
        if run.interpreter is not None and chosen.list:
            run.outcome = f"would run with {run.interpreter}"
        elif run.interpreter is not None:
            WHERE.mkdir(exist_ok=True)
            print(f"Python {run.version} with the {run.packages} packages ...", flush=True)
            carry_out(run, chosen.share)
    for run in runs:
        print(f"Python {run.version:<5} {run.packages:<7} {run.outcome}{f' ({run.found})' if run.found else ''}")
    return int(any(run.has_failed for run in runs))


if __name__ == "__main__":
    sys.exit(main())
