"""How well a folder of your own models is searched: `python tests/catalogue/recall.py FOLDER`. Nothing is fetched.

Every model plays the probe, and three seconds of guitar that the probe does not hold. The ESR of all pairs on it,
with lag, polarity and gain taken out, is the truth that the fingerprints are held against. Some hundred models take a
minute or two; a thousand take 2 GB of memory. The index is kept beside the folder only if `--index FILE` names one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(path) for path in (Path(__file__).parents[2], *(Path(__file__).parents[1] / "support").iterdir())]

from recalled import recalled  # noqa: E402

from rig.catalogue.library import Library  # noqa: E402


def main() -> None:
    """Scan, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--index", type=Path)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        Library(options.index or Path(scratch) / "index.sqlite") as library,
    ):
        found = library.scan(options.folder)
        print(f"{found.found} files, {len(found.problems)} of no use, {found.seconds:.0f} s")
        print(recalled(library))


if __name__ == "__main__":
    main()
