"""Runs the tests of kernels and formats for aarch64 on another machine: `make soak-arm`. All it needs lies in .arm/.

    audit     the machine code of every entry for four aarch64 CPUs is read: no call, all four lanes used
    kernels   the kernels, compiled for the CPUs of Raspberry Pi 4 and 5, are executed in an emulator within Python
    counts    their instructions per sample are those of tests/arm/counts.toml
    debian    a Python of Debian for arm64, with packages for aarch64, runs the tests under qemu: it compiles, plays
              and reads files as on such a machine, only many times slower

Debian lies in a folder: its packages are fetched by apt-get, from where this machine's own come, and unpacked. No root
is needed, nothing is installed, and no program of the folder runs but Python.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WHERE = ROOT / ".arm"
DEBIAN, PACKAGES, HOST, APT = (WHERE / name for name in ("debian", "packages", "host", "apt"))
PYTHON = WHERE / "python"
CPUS = ("cortex-a72", "cortex-a76")
DEBS = ("python3", "libstdc++6", "libportaudio2", "libjack-jackd2-0")
PLATFORMS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")
TOOLS = ("pytest", "pytest-xdist", "hypothesis")
KERNELS = (
    *("tests/arm/test_reference_vectors.py", "tests/nam/test_architectures.py", "tests/dsp/test_network.py"),
    *("tests/dsp/test_planes.py", "tests/dsp/test_convolve.py", "tests/dsp/test_rate.py", "tests/dsp/test_quality.py"),
)
# Counted by numba within the process, whose memory the emulator only looks at; a second process knows no emulator.
NOT_EMULATED = "not allocate and not compile_nothing"
FORMATS = ("tests/nam/test_nam_files.py", "tests/audio/test_wav.py", "tests/files/test_paths.py")
MACHINE_CODE = "tests/dsp/test_machine_code.py"
IN_DEBIAN = (KERNELS[0], MACHINE_CODE, "tests/dsp/test_simd.py", *FORMATS)
PARTS = ("audit", "kernels", "counts", "debian")


class Missing(Exception):
    """Something that this machine lacks, in a sentence."""


def qemu() -> str:
    """The emulator of one program."""
    for name in ("qemu-aarch64-static", "qemu-aarch64"):
        if path := shutil.which(name):
            return path
    raise Missing("qemu for aarch64 is missing: install qemu-user-static (Debian, Ubuntu) or qemu-user-static-aarch64.")


def tool(name: str) -> str:
    """A program of Debian's own."""
    if path := shutil.which(name):
        return path
    raise Missing(f"{name} is missing: the part debian runs on Debian, where packages for arm64 can be fetched.")


def run(*words: object, quiet: bool = False, **environment: str) -> None:
    """A command in the repository; CalledProcessError where it fails."""
    subprocess.run(
        list(map(str, words)),
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if quiet else None,
    )


def fetch_emulator() -> None:
    """Unicorn, for this machine."""
    if not (HOST / "unicorn").is_dir():
        run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", HOST, "unicorn>=2.1")


def make_debian() -> None:
    """The folder, its Python as a program, and what rig needs, for aarch64."""
    emulator, apt, unpack = qemu(), tool("apt-get"), tool("dpkg-deb")
    if not (DEBIAN / "usr/bin/python3").exists():
        for folder in (APT / "state/lists/partial", APT / "cache/archives/partial"):
            folder.mkdir(parents=True, exist_ok=True)
        (APT / "state/status").touch()
        options = [
            *("-o", f"Dir::State={APT}/state", "-o", f"Dir::State::status={APT}/state/status"),
            *("-o", f"Dir::Cache={APT}/cache", "-o", "APT::Architecture=arm64", "-o", "APT::Architectures=arm64"),
            *("-o", "APT::Sandbox::User=", "-o", "Acquire::Languages=none"),
        ]
        print("fetching Debian for arm64 (some 20 MB) ...", flush=True)
        run(apt, "-qq", *options, "update")
        fetch = ("-qq", "--yes", "--no-install-recommends", "--download-only")
        run(apt, *options, *fetch, "install", *DEBS, quiet=True)
        for package in sorted((APT / "cache/archives").glob("*.deb")):
            run(unpack, "-x", package, DEBIAN)
    found = sorted(DEBIAN.glob("usr/bin/python3.[0-9]*"))
    python = next(path for path in found if re.fullmatch(r"python3\.\d+", path.name))
    PYTHON.write_text(
        f'#!/bin/sh\nPYTHONHOME="{DEBIAN}/usr" exec "{emulator}" -0 "$0" -cpu {CPUS[0]} -L "{DEBIAN}" "{python}" "$@"\n'
    )
    PYTHON.chmod(0o755)
    if not (PACKAGES / "numba").is_dir():
        print("fetching packages for aarch64 (some 150 MB) ...", flush=True)
        wanted = [f"--platform={name}_aarch64" for name in PLATFORMS]
        wanted += ["--implementation=cp", f"--python-version={python.name.removeprefix('python')}"]
        run(sys.executable, "-m", "pip", "install", "--quiet", "--only-binary=:all:", "--target", PACKAGES, *wanted,
            *dependencies(), *TOOLS)  # fmt: skip


def dependencies() -> list[str]:
    """Of rig itself, from pyproject.toml."""
    import tomllib

    return list(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"])


def carry_out(part: str, tests: list[str]) -> None:
    """One part; CalledProcessError where a test fails."""
    cross = {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, HOST))), "XDG_CACHE_HOME": str(WHERE / "cross")}
    pytest = ("-m", "pytest", "-p", "no:cacheprovider", "-q")
    if part == "audit":
        run(sys.executable, *pytest, "-m", "soak", MACHINE_CODE)
    elif part == "kernels":
        fetch_emulator()
        for cpu in CPUS:
            chosen = tests or (KERNELS if cpu == CPUS[0] else KERNELS[:1])
            run(sys.executable, "tests/arm/emulated.py", cpu, "-m", "not soak", "-k", NOT_EMULATED, *chosen, **cross)
    elif part == "counts":
        fetch_emulator()
        run(sys.executable, "tests/arm/count.py", "--compare", **cross)
    else:
        make_debian()
        environment = {
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT, PACKAGES))),
            "XDG_CACHE_HOME": str(WHERE / "cache"),
            "NUMBA_CPU_NAME": CPUS[0],
            "NUMBA_CPU_FEATURES": "",
        }
        run(PYTHON, *pytest, "-m", "not soak", *(tests or IN_DEBIAN), **environment)


def main() -> int:
    """Carry out the parts; the exit code."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--part", action="append", choices=PARTS, help="only this one (may be given several times)")
    options.add_argument("--tests", nargs="+", default=[], help="other tests, for the parts kernels and debian")
    chosen = options.parse_args()
    WHERE.mkdir(exist_ok=True)
    failed = []
    for part in chosen.part or PARTS:
        print(f"soak-arm: {part}", flush=True)
        try:
            carry_out(part, chosen.tests)
        except Missing as lack:
            print(f"soak-arm: {lack}")
            failed.append(part)
        except subprocess.CalledProcessError as error:
            print(f"soak-arm: {part} failed: {' '.join(map(str, error.cmd[:4]))} ... ended with {error.returncode}")
            failed.append(part)
    print(f"soak-arm: {', '.join(failed)} failed" if failed else "soak-arm: passed")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
