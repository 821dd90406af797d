"""The tree can be walked: small folders, small files, and no two files of one name without a reason."""

import subprocess
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from places import ROOT

MOST_SOURCES, MOST_TESTS, MOST_LINES = 18, 30, 400
WITHOUT_LIMIT = {"rig/cli/commands"}  # one file per command
HAND_WRITTEN = {".py", ".js", ".css", ".html", ".md"}
GENERATED = {"docs/reference/cli.md", "docs/reference/keys.md"}  # written by docs/generate.py
# Files of one name under rig/, and why each is called so: in its folder the name is the plain one.
SAME_NAMES = {
    "cabinet.py": "rig/bench measures the cabinet",
}


def sources() -> list[Path]:
    """Every file that git knows or would take, relative to the repository."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a checkout")
    return [path for path in map(Path, done.stdout.splitlines()) if (ROOT / path).is_file()]


def test_no_folder_holds_more_files_than_one_looks_through():
    held = Counter(path.parent.as_posix() for path in sources() if path.suffix == ".py")
    for folder, count in held.items():
        most = MOST_TESTS if folder.split("/")[0] == "tests" else MOST_SOURCES
        assert count <= most or folder in WITHOUT_LIMIT, f"{folder} holds {count} files; at most {most}"


def test_no_file_written_by_hand_is_longer_than_one_reads():
    long = {}
    for path in sources():
        if path.suffix in HAND_WRITTEN and path.as_posix() not in GENERATED:
            lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
            if lines > MOST_LINES:
                long[path.as_posix()] = lines
    assert not long, f"longer than {MOST_LINES} lines: {long}"


def test_files_of_one_name_stand_in_the_list_with_their_reason():
    places = defaultdict(list)
    for path in sources():
        if path.parts[0] == "rig" and path.suffix == ".py" and path.name != "__init__.py":
            places[path.name].append(path.as_posix())
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert set(twice) == set(SAME_NAMES), {name: twice.get(name) for name in set(twice) ^ set(SAME_NAMES)}


def test_the_names_of_tests_and_their_support_are_unique():
    """They are imported by their base name."""
    names = Counter(path.name for path in sources() if path.parts[0] == "tests" and path.suffix == ".py")
    assert {name for name, count in names.items() if count > 1} <= {"make.py"}
