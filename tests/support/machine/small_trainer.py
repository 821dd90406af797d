"""Stand-ins for the official trainer: environments that only say what they have, and a lock of packages of a few bytes.

The lock and its wheels are real ones, for the real pip; only what is in them is next to nothing.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from rig.training.installing import locked_versions

LOCKED = {"torch": "2.13.0", "neural-amp-modeler": "0.13.0", "pytorch-lightning": "2.6.1"}
MODULES = {
    "torch": {"torch/__init__.py": ""},
    "neural-amp-modeler": {"nam/__init__.py": "", "nam/train/__init__.py": "", "nam/train/full.py": ""},
    "pytorch-lightning": {"pytorch_lightning/__init__.py": ""},
}


def bare_environment(folder: Path) -> Path:
    """A real environment without any package, not even pip; its Python."""
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder / "bin" / "python"


def quick_python(folder: Path) -> Path:
    """A Python that makes environments by copying one, which is much faster; otherwise the one that runs."""
    subprocess.run([sys.executable, "-I", "-m", "venv", str(folder / "made")], check=True)
    path = folder / "python"
    copies = f'if [ "$3" = venv ]; then exec cp -a "{folder}/made" "$4"; fi'
    path.write_text(f'#!/bin/sh\n{copies}\nexec "{sys.executable}" "$@"\n')
    path.chmod(0o755)
    return path


def give(python: Path, **versions: str) -> None:
    """Let an environment have these packages, in these versions, and no others; `_` for `-`."""
    (packages,) = python.parent.parent.glob("lib/python*/site-packages")
    for found in packages.glob("*.dist-info"):
        shutil.rmtree(found)
    for name, version in versions.items():
        (packages / f"{name}-{version}.dist-info").mkdir()
        text = f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n"
        (packages / f"{name}-{version}.dist-info" / "METADATA").write_text(text)


class SmallLock:
    """A lock of three packages, and a folder with their wheels; pip finds them there, and nothing anywhere else."""

    def __init__(self, folder: Path, patch, *, disk_bytes=1000, of_torch="") -> None:
        self.wheels, self.locks = folder / "index", folder / "locks"
        self.wheels.mkdir()
        self.locks.mkdir()
        of_cpu = self.wheel("torch", "2.13.0+cpu", {"torch/__init__.py": of_torch})
        of_gpu = self.wheel("torch", "2.13.0", MODULES["torch"])
        common = [self.wheel(name, LOCKED[name], MODULES[name]) for name in ("neural-amp-modeler", "pytorch-lightning")]
        self.write("torch-cpu", [("torch==2.13.0+cpu", of_cpu)])
        self.write("torch-gpu", [("torch==2.13.0", of_gpu)])
        pins = [f"{name}=={LOCKED[name]}" for name in ("neural-amp-modeler", "pytorch-lightning")]
        self.write("common", list(zip(pins, common, strict=True)))
        sizes = json.loads((locked_versions.FOLDER / "sizes.json").read_text())
        small = dict.fromkeys(locked_versions.VARIANTS, 1000)
        sizes["disk_bytes"] = dict.fromkeys(locked_versions.VARIANTS, disk_bytes)
        sizes["download_bytes"] = dict.fromkeys(sizes["download_bytes"], small)
        (self.locks / "sizes.json").write_text(json.dumps(sizes))
        patch.setenv("PIP_CONFIG_FILE", "/dev/null")
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(self.wheels))
        for name in ("PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL", "PIP_CONSTRAINT"):
            patch.delenv(name, raising=False)
        use_locks(self.locks, patch)

    def wheel(self, name: str, version: str, files: dict[str, str]) -> Path:
        """Make one."""
        base = f"{name.replace('-', '_')}-{version}"
        path = self.wheels / f"{base}-py3-none-any.whl"
        content = {
            **files,
            f"{base}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{base}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = "".join(f"{each},,\n" for each in (*content, f"{base}.dist-info/RECORD"))
        with zipfile.ZipFile(path, "w") as archive:
            for each, text in {**content, f"{base}.dist-info/RECORD": record}.items():
                archive.writestr(each, text)
        return path

    def write(self, name: str, entries: list[tuple[str, Path]]) -> None:
        """Write one file of the lock."""
        lines = (
            f"{pin} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n" for pin, path in entries
        )
        (self.locks / f"{name}.txt").write_text("".join(lines))


def use_locks(folder: Path, patch) -> None:
    """Let rig read its lock there."""
    patch.setattr(locked_versions, "FOLDER", folder)
    locked_versions.requirements.cache_clear()
    locked_versions._sizes.cache_clear()
