"""Where things lie: the repository, what may lie beside it, and the folders that child processes import from."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared"  # reference models and prototypes; not part of the repository
SUPPORT = ROOT / "tests" / "support"
FOLDERS = [SUPPORT, *sorted(path for path in SUPPORT.iterdir() if path.is_dir() and path.name != "__pycache__")]


def python_path() -> list[str]:
    """What a child process needs on PYTHONPATH to import rig, the support code and the test modules of this one."""
    tests = [path for path in sys.path if path and Path(path).is_relative_to(ROOT / "tests")]
    return list(dict.fromkeys([str(ROOT), *map(str, FOLDERS), *tests]))
