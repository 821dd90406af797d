r"""Writes the locks of the official trainer's environment, `rig/training/locks/`. Run it when its versions are to move:

    python tests/training/locks/make.py pylock.toml

pylock.toml is what uv makes of the three versions in `WANTED`, for every Python and system at once:

    uv pip compile --universal --fork-strategy fewest --only-binary :all: --python-version 3.11 wanted.txt \
        --format pylock.toml -o pylock.toml

Only wheels for the Pythons and systems in `PYTHONS` and `SYSTEMS` are kept, without a word about where they come from.
PyTorch's own builds for CPUs stand in no such file: `CPU_WHEELS` holds their hashes as PyTorch's index lists them. The
first one is that of a wheel at hand; the others were compared between public lock files of independent projects, at
least two for each. What a set-up takes on a disk was measured by hand (`DISK`), see docs/train.md.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from packaging.markers import Marker

ROOT = Path(__file__).parents[3]
WANTED = {"neural-amp-modeler": "0.13.0", "torch": "2.13.0", "pytorch-lightning": "2.6.1"}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SYSTEMS = {  # what a wheel's platform has to look like, and what a marker finds there
    "Linux x86_64": (r"manylinux.*x86_64", {"sys_platform": "linux", "platform_machine": "x86_64"}),
    "Linux aarch64": (r"manylinux.*aarch64", {"sys_platform": "linux", "platform_machine": "aarch64"}),
    "Darwin arm64": (r"macosx.*(arm64|universal2)", {"sys_platform": "darwin", "platform_machine": "arm64"}),
    "Windows AMD64": (r"win_amd64", {"sys_platform": "win32", "platform_machine": "AMD64"}),
}
PLACES = [(system, python) for system in SYSTEMS for python in PYTHONS]
CPU_WHEELS = {
    "cp311-cp311-manylinux_2_28_x86_64": "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b",
    "cp312-cp312-manylinux_2_28_x86_64": "4ca4a9394b0c771238a4f73590fdbbc4debad85ed0fa63d026ae1b085da7d6e2",
    "cp313-cp313-manylinux_2_28_x86_64": "3fbf9c9d1f3c10c2d59d04aca426dee9ccc6ceb32d255c61e93acc3b4f75fae6",
    "cp314-cp314-manylinux_2_28_x86_64": "d20fa53ee744502fa4c69818a720b05ca0d37abd055d4f6e66cae155114bc691",
    "cp311-cp311-manylinux_2_28_aarch64": "84453b69508ec79902f899c5ed9495acb9e2bbe9fda5f1d5d6f19e3c3842e1a7",
    "cp312-cp312-manylinux_2_28_aarch64": "6f307c2c32d764ffc6ff6893b801fad6d4752f3e67966cb8abf1843427c02604",
    "cp313-cp313-manylinux_2_28_aarch64": "0b8f7d0423027ae8b90c7977c627f3379f325363a08224dffad9b4b2d684a83d",
    "cp314-cp314-manylinux_2_28_aarch64": "ca021f9eb2f8345c83fa03e3a04587308afb8df71bd472670b3ece00df58621c",
}
CPU_BYTES = {"Linux x86_64": 191_794_682, "Linux aarch64": 155_020_718}  # of such a wheel
DISK = {"cpu": 1_866_000_000, "gpu": 5_900_000_000}  # bytes of an environment on Linux x86_64 with Python 3.11
GPU_ONLY = re.compile(r"triton|nvidia-.*|cuda-.*")  # what torch needs besides where it computes on a GPU
ALWAYS = "python_full_version >= '3.11'"


def main() -> None:
    lock = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    packages = [package for package in lock["packages"] if any(_holds(package, *place) for place in PLACES)]
    found = {package["name"]: package["version"] for package in packages}
    assert {name: found.get(name) for name in WANTED} == WANTED, found
    torch = [package for package in packages if package["name"] == "torch"]
    for_gpu = torch + [package for package in packages if GPU_ONLY.fullmatch(package["name"])]
    common = [package for package in packages if package not in for_gpu]
    _write("common", [_entry(package) for package in common])
    _write("torch-gpu", [_entry(package) for package in for_gpu])
    elsewhere = [wheel for wheel in _wheels(torch[0]) if "linux" not in wheel["url"]]
    version = torch[0]["version"]
    _write(
        "torch-cpu",
        [
            _requirement(f"torch=={version}+cpu", "sys_platform == 'linux'", CPU_WHEELS.values()),
            _requirement(f"torch=={version}", "sys_platform != 'linux'", map(_hash, elsewhere)),
        ],
    )
    sizes = {"made": date.today().isoformat(), "pythons": PYTHONS, "disk_bytes": DISK, "download_bytes": {}}
    for system in SYSTEMS:
        shared = sum(_size(package, system) for package in common)
        gpu = sum(_size(package, system) for package in for_gpu)
        cpu = CPU_BYTES.get(system, gpu)
        sizes["download_bytes"][system] = {"cpu": shared + cpu, "gpu": shared + gpu}
    _folder().joinpath("sizes.json").write_text(json.dumps(sizes, indent=1) + "\n", encoding="utf-8")


def _wheels(package: dict[str, Any]) -> list[dict[str, Any]]:
    return [wheel for wheel in package.get("wheels", []) if any(_fits(wheel, system) for system in SYSTEMS)]


def _fits(wheel: dict[str, Any], system: str, pythons: tuple[str, ...] = PYTHONS) -> bool:
    """Whether some of the Pythons installs it on a system."""
    *_, tags, abi, platforms = wheel["url"].rpartition("/")[2].removesuffix(".whl").split("-")
    if platforms != "any" and not any(re.fullmatch(SYSTEMS[system][0], each) for each in platforms.split(".")):
        return False
    for tag in tags.split("."):
        version = re.fullmatch(r"(py|cp)3(\d*)", tag)
        if version is None:
            continue
        least = int(version[2] or 0)
        for python in (int(each.partition(".")[2]) for each in pythons):
            if python == least if abi == tag else python >= least and (abi in ("none", "abi3")):
                return True
    return False


def _size(package: dict[str, Any], system: str) -> int:
    """Bytes to fetch there with Python 3.11; 0 where it is not needed."""
    if not _holds(package, system, "3.11"):
        return 0
    sizes = [int(wheel["size"]) for wheel in package["wheels"] if _fits(wheel, system, ("3.11",))]
    assert sizes, f"{package['name']} has no wheel for {system}"
    return max(sizes)


def _holds(package: dict[str, Any], system: str, python: str) -> bool:
    """Whether the package is needed there."""
    environment = {"python_version": python, "python_full_version": f"{python}.0", "implementation_name": "cpython"}
    return Marker(package.get("marker", ALWAYS)).evaluate({**environment, **SYSTEMS[system][1]})


def _entry(package: dict[str, Any]) -> str:
    marker = package.get("marker", ALWAYS).replace(f"{ALWAYS} and ", "")
    if all(_holds(package, *place) for place in PLACES):
        marker = ""
    return _requirement(f"{package['name']}=={package['version']}", marker, map(_hash, _wheels(package)))


def _hash(wheel: dict[str, Any]) -> str:
    return str(wheel["hashes"]["sha256"])


def _requirement(pin: str, marker: str, hashes: Any) -> str:
    lines = [f"{pin} ; {marker}" if marker else pin, *(f"    --hash=sha256:{each}" for each in sorted(hashes))]
    return " \\\n".join(lines)


def _write(name: str, entries: list[str]) -> None:
    head = "# Written by tests/training/locks/make.py; a line changed by hand is a new lock, and a new environment.\n"
    _folder().joinpath(f"{name}.txt").write_text(head + "\n".join(entries) + "\n", encoding="utf-8")


def _folder() -> Path:
    return ROOT / "rig" / "training" / "locks"


if __name__ == "__main__":
    main()
