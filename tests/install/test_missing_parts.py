"""What rig needs and does not find, or finds too old, is one sentence with the way out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib

import pytest
from commandline import RIG, refused
from places import ROOT

from rig.cli.installed.missing_parts import PACKAGES
from rig.dsp.native.build import OLDEST

SAYS = "raise {}\n"


def start(folder, *words):
    """rig, with what lies in a folder found before everything else."""
    path = os.pathsep.join([str(folder), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run([*RIG, *words], env=environment, capture_output=True, text=True, cwd=folder, timeout=120)


def test_an_old_numba_is_refused_with_the_version_that_is_needed(tmp_path):
    about = tmp_path / "numba-0.59.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: numba\nVersion: 0.59.1\n")
    refused(
        start(tmp_path, "info", ROOT / "models" / "rig-preamp-nano.nam"),
        r"needs numba 0\.61 or later, and 0\.59\.1",
        "amprig",
    )


def test_what_is_refused_as_too_old_is_what_pip_would_not_install():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    bounds = dict(each.split(">=") for each in wanted)
    for name, oldest in OLDEST.items():
        assert bounds[name] == ".".join(map(str, oldest))


@pytest.mark.parametrize(
    ("module", "raises", "words"),
    [
        ("scipy", "ModuleNotFoundError(\"No module named 'scipy'\", name='scipy')", "scipy is not installed: .*amprig"),
        (
            "scipy",
            "ImportError('Scipy needs NumPy 2.3 or less. Got NumPy 2.4.')",
            r"scipy cannot be loaded \(Scipy needs NumPy 2\.3 or less\. Got NumPy 2\.4\): pip install --upgrade",
        ),
        ("soundfile", "OSError('sndfile library not found using ctypes.util.find_library')", "libsndfile1"),
    ],
)
def test_a_package_that_cannot_be_loaded_is_named_with_the_way_out(tmp_path, module, raises, words):
    (tmp_path / f"{module}.py").write_text(SAYS.format(raises))
    refused(start(tmp_path, "ir", ROOT / "irs" / "rig-2x12.wav"), words)


def test_a_fault_of_our_own_is_not_blamed_on_a_package(tmp_path):
    (tmp_path / "scipy.py").write_text("import rig.no_such_module\n")
    done = start(tmp_path, "ir", ROOT / "irs" / "rig-2x12.wav")
    assert done.returncode == 1 and "Traceback" in done.stderr


def test_every_package_that_rig_needs_has_its_sentence():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.split("[>=]", each)[0] for each in wanted}
    assert names <= set(PACKAGES.values())
    for module in PACKAGES:
        code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
        assert subprocess.run([sys.executable, "-c", code]).returncode == 0, module
