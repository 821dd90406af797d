"""The tree can be walked: small folders, small files, and no two files of one name without a reason."""

import subprocess
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from places import ROOT

MOST_SOURCES, MOST_TESTS, MOST_LINES = 18, 30, 400
WITHOUT_LIMIT = {"rig/cli/commands"}  # one file per command
HAND_WRITTEN = {".py", ".js", ".css", ".html", ".md"}
GENERATED = {
    "docs/reference/cli.md",
    "docs/reference/keys.md",
    "docs/developer/verdicts.md",
}  # written by docs/generate.py
# Files of one name under rig/, and why each is called so: within its folder the name is the plain one.
SAME_NAMES = {
    "abx.py": "the command; the blind test itself",
    "audition.py": "the command; choosing among cabinets",
    "base.py": "what every backend fulfils; what every architecture fulfils",
    "blend.py": "two networks side by side; two models side by side",
    "cabinets.py": "while playing; of a library, as a table",
    "callbacks.py": "the compiled callbacks of JACK; those of PortAudio",
    "chain.py": "the signal path; hashes that hang together",
    "checks.py": "of a take; of an impulse response",
    "cluster.py": "comparing on a Dask cluster; training on one",
    "commands.py": "while playing; while comparing",
    "devices.py": "the sound cards of PortAudio; the command that lists them",
    "files.py": "of a pair of sweeps; of the page",
    "fingerprint.py": "of a model; of a cabinet",
    "gate.py": "the kernel; the controls of it",
    "interfaces.py": "the table of their levels; the command that shows it",
    "ir.py": "an impulse response; the command that shows one",
    "levels.py": "gain staging; the levels of a capture",
    "library.py": "many models; the command",
    "limits.py": "of a take; of this machine; of a file",
    "loudness.py": "of sound, by ITU-R BS.1770; of a model, by the trainer's recipe",
    "lstm.py": "the kernel; the reader of the architecture",
    "measures.py": "of any sound; of a take; of a model against gear",
    "meters.py": "on the live line; on the page",
    "models.py": "many models against gear; the models to step through",
    "pair.py": "what was played and what came back; two models that are played like one",
    "nearest.py": "of models; of cabinets",
    "page.py": "of a comparison, as one file; of a running rig",
    "plots.py": "the style of all figures; figures of cabinets; figures of a take",
    "prepared.py": "a cabinet, ready to play; a listening test, ready to be heard",
    "remote.py": "the command; the other end of its connection",
    "row.py": "two networks in a row; two models in a row",
    "session.py": "a capture; the capture of a cabinet; playing live",
    "set_up.py": "making the trainer's environment; asking before it is made",
    "shown.py": "a window of spectra; what is shown while a model is trained",
    "shapes.py": "of networks, to be measured; of cabinets, to be drawn",
    "shelf.py": "cabinets of an index; what the page asks of a library",
    "spectrum.py": "in a convolver; of the last moment, to be drawn",
    "stream.py": "a stream of PortAudio; a run of a backing track",
    "twins.py": "among models; among cabinets",
    "words.py": "for an ESR; to search models by; of the command line",
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
    assert {name for name, count in names.items() if count > 1} <= {"conftest.py", "make.py"}
