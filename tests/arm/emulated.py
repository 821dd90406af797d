"""Runs tests with the kernels compiled for an aarch64 CPU and executed in an emulator within this process.

    python tests/arm/emulated.py cortex-a72 tests/nam/test_reference.py

Python itself runs as it is: only what rig compiles is emulated, whenever Python calls it. So it takes minutes where a
whole Python under emulation takes hours. See tests/support/arm/cross.py and tests/support/arm/counted.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def main() -> int:
    """The exit code of pytest."""
    cpu, *arguments = sys.argv[1:]
    folders = ("arm", "files", "machine", "rigs", "signals")
    sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / "support" / name) for name in folders)]
    import cross

    cross.compile_for(cpu)
    from counted import Counted

    Counted(counting=False)
    import pytest

    return int(pytest.main(["-q", "-p", "no:cacheprovider", *arguments]))


if __name__ == "__main__":
    sys.exit(main())
