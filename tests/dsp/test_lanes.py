"""Builds for narrower vector registers than this CPU's play the same: the tests again, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import llvmlite.binding
import pytest
from places import ROOT, SHARED, python_path

from rig.dsp.native.simd import W

TESTS = ROOT / "tests"
CPUS = {8: ("haswell", "+sse2,+sse4.2,+avx,+avx2,+fma"), 4: ("x86-64", "")}
PROGRAM = """
import sys, pytest
from rig.dsp.native.simd import W
assert W == int(sys.argv[1]), W
sys.exit(pytest.main(sys.argv[2:]))
"""
KINDS = ("A1 standard", "A2 lite", "LSTM 2x8", "LSTM 2x24", "WaveNet 1", "WaveNet 7", "WaveNet 14", "everything")
SAME = "nam/test_architectures.py::test_the_output_is_that_of_float64_at_any_block_size_and_after_a_reset"
SOME = [
    "dsp/test_simd.py",
    *(f"dsp/test_network.py::test_the_output_is_that_of_float64[{name}]" for name in KINDS),
    *(f"{SAME}[{name}]" for name in ("blended", "depthwise", "ConvNet 5", "Linear 100", "mixed 1")),
]
if (SHARED / "reference").exists():
    case = "nam/test_reference.py::test_the_output_is_that_of_the_reference_at_any_block_size"
    SOME += [f"{case}[{name}]" for name in ("core_lstm", "core_wavenet_a2_max", "core_slimmable_wavenet__slim0.50")]


def run_tests(lanes: int, *arguments: str, timeout_s: float) -> None:
    if "x86" not in llvmlite.binding.get_default_triple():
        pytest.skip("the narrower CPUs are named for x86")
    if lanes >= W:
        pytest.skip(f"this build has {W} lanes")
    cpu, features = CPUS[lanes]
    command = [sys.executable, "-c", PROGRAM, str(lanes), "-q", "-p", "no:cacheprovider", *arguments]
    environment = os.environ | {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": features}
    environment["PYTHONPATH"] = os.pathsep.join([*python_path(), *filter(None, [environment.get("PYTHONPATH")])])
    done = subprocess.run(command, cwd=TESTS, env=environment, capture_output=True, text=True, timeout=timeout_s)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("lanes", [pytest.param(lanes, marks=[pytest.mark.soak] * (lanes == 4)) for lanes in CPUS])
def test_one_network_of_each_kind_plays_with_fewer_lanes(lanes):
    run_tests(lanes, *SOME, timeout_s=300)


@pytest.mark.soak
@pytest.mark.parametrize("lanes", CPUS)
def test_everything_compiled_plays_with_fewer_lanes(lanes):
    files = (f"dsp/test_{name}.py" for name in ("network", "planes", "simd", "fft", "convolve", "rate"))
    run_tests(lanes, "nam/test_reference.py", "nam/test_architectures.py", *files, "cli/test_render.py", timeout_s=1800)
