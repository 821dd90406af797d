"""Whatever lies in a folder, or happens to it: a sentence, the rest goes on, and the index is never lost."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from made_library import make_library
from places import python_path

from rig.catalogue.index import Index
from rig.catalogue.library import Library
from rig.catalogue.scanning import readers, slow_disk
from rig.cli.catalogue.found_table import found_table
from rig.errors import ConfigError, FileError

NOBODY = 65534
COUNT = 6


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    make_library(folder, COUNT, 3, seed=5)
    return folder


@pytest.fixture(scope="module")
def full_index(made, tmp_path_factory):
    """An index that knows what the made models are, wherever they turn up, closed."""
    path = tmp_path_factory.mktemp("index") / "index.sqlite"
    with Library(path) as library:
        assert library.scan(made, workers=1).played == COUNT
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM files")
    return path


@pytest.fixture
def library(full_index, tmp_path):
    """One that knows what the models are, so that they need not be played in each test."""
    with Library(shutil.copy(full_index, tmp_path / "index.sqlite")) as library:
        yield library


@pytest.fixture
def models(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "models"))


@pytest.fixture
def everybodys():
    """A folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@contextlib.contextmanager
def without_privileges():
    """As somebody whom permissions bind: root may read and write everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def only(problems, *names):
    """Each name stands in one sentence, and there is no other."""
    assert len(problems) == len(names), problems
    for name in names:
        assert sum(name in problem for problem in problems) == 1, (name, problems)


def bytes_read():
    """By this process, from files and whatever."""
    return int(Path("/proc/self/io").read_text().split("rchar: ")[1].split()[0])


def test_a_file_of_gigabytes_is_not_read_whole(models, library):
    with (models / "huge.nam").open("wb") as file:
        file.truncate(2 << 30)
    before = bytes_read() if Path("/proc/self/io").exists() else None
    only(library.scan(models, workers=1).problems, "huge.nam: more than 8 MiB")
    if before is not None:
        assert bytes_read() - before < 40 << 20
    assert library.scan(models, workers=1).read == 0 and len(library.models) == COUNT
    assert library.scan(models, workers=1, verify=True).read == COUNT + 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_devices_and_folders_that_are_called_models_keep_nobody_waiting(models, library):
    os.mkfifo(models / "pipe.nam")
    (models / "device.nam").symlink_to("/dev/zero")
    (models / "folder.nam").mkdir()
    shutil.copy(models / "made-000-000.nam", models / "folder.nam" / "within.nam")
    only(library.scan(models, workers=1).problems, "pipe.nam: a pipe or device", "device.nam: a pipe or device")
    assert len(library.copies()) == 1


def test_folders_that_loop_are_read_once(models, library):
    (models / "a").mkdir()
    (models / "b").mkdir()
    (models / "a" / "to-b").symlink_to(models / "b", target_is_directory=True)
    (models / "b" / "to-a").symlink_to(models / "a", target_is_directory=True)
    (models / "up").symlink_to(models.parent, target_is_directory=True)
    (models / "itself.nam").symlink_to(models / "itself.nam")
    found = library.scan(models, workers=1)
    only(found.problems, "itself.nam: it cannot be looked at")
    assert found.found == COUNT == len(library.models)


@pytest.mark.skipif(os.name == "nt", reason="other permissions")
def test_a_folder_that_cannot_be_read_is_said_and_what_lay_in_it_is_kept(library, made, everybodys):
    opened = Path(shutil.copytree(made, everybodys / "open"))
    closed = Path(shutil.copytree(made, opened / "closed"))
    os.chmod(opened, 0o755)
    assert library.scan(everybodys, workers=1).found == 2 * COUNT
    os.chmod(closed, 0)
    try:
        with without_privileges():
            found = library.scan(everybodys, workers=1)
            only(found.problems, "closed: this folder cannot be read")
            assert (found.found, found.gone) == (COUNT, 0)
            # Beside another one it is a sentence; alone there is nothing to scan.
            only(library.scan([opened, closed], workers=1).problems[1:], "closed: this folder cannot be")
            with pytest.raises(FileError, match="closed: this folder cannot be read"):
                library.scan(closed)
    finally:
        os.chmod(closed, 0o755)
    assert sum(len(model.paths) for model in library.models.values()) == 2 * COUNT


def test_of_several_folders_one_that_is_gone_is_said_and_its_models_are_kept(models, library, tmp_path):
    drive = models.rename(tmp_path / "drive")
    here = Path(shutil.copytree(drive, tmp_path / "here"))
    library.scan([drive, here], workers=1)
    drive.rename(tmp_path / "unplugged")
    found = library.scan([drive, here], workers=1)
    only(found.problems, "drive is no folder")
    assert (found.found, found.gone, found.read) == (COUNT, 0, 0)


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_that_are_no_text_or_steer_a_terminal_are_names(models, library):
    strange = [
        os.fsdecode(b"caf\xe9.nam"),
        "two\nlines.nam",
        "\x1b[2J.nam",
        "{mute}.nam",
        "'; DROP TABLE files; --.nam",
    ]
    for name in strange:
        shutil.copy(models / "made-001-000.nam", models / name)
        (models / f"broken-{name}").write_text("{")
    found = library.scan(models, workers=1)
    assert len(found.problems) == len(strange) and found.found == COUNT + 2 * len(strange)
    assert all(problem.isprintable() for problem in found.problems)
    [copy] = library.copies()
    assert {path.name for path in copy.paths} == {"made-001-000.nam", *strange}
    assert library.scan(models, workers=1).read == 0
    # In a table they are escaped, and the columns stand where they are.
    (models / "made-001-000.nam").unlink()
    head, *lines = found_table(library.find(""))
    at = head.index("what it is")
    assert all(line.isprintable() and line[at - 1] == " " != line[at] for line in lines)
    (models / strange[-1]).unlink()
    assert library.scan(models, workers=1).gone == 2


def test_a_file_that_is_written_all_the_while_ends_as_what_it_is_at_last(models, library):
    """A program writes into one model while it is scanned, again and again."""
    busy, stop = models / "made-002-000.nam", threading.Event()
    whole = busy.read_text()

    def write():
        rng = random.Random(1)
        while not stop.is_set():
            busy.write_text(whole[: rng.randrange(len(whole))])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(10):
            problems = library.scan(models, workers=1).problems
            assert all("made-002-000.nam" in problem for problem in problems)
    finally:
        stop.set()
        writer.join()
    busy.write_text(whole)
    assert not library.scan(models, workers=1).problems
    assert len(library.models) == COUNT


def test_a_folder_that_goes_away_while_it_is_scanned_is_said_file_by_file(models, library, tmp_path):
    away = []

    def gone(done, total):
        if done == 2 and not away:
            away.append(models.rename(tmp_path / "elsewhere"))

    found = library.scan(models, workers=1, progress=gone)
    assert len(found.problems) == COUNT - 2 and all("went away" in problem for problem in found.problems)
    assert library.scan([tmp_path / "elsewhere"], workers=1).played == 0


def test_a_disk_that_does_not_answer_is_said_once_and_waited_for(models, library, monkeypatch):
    genuine, said = readers.read_here, []

    def slow(path):
        if path.name in ("made-001-000.nam", "made-002-000.nam"):
            time.sleep(0.5)
        return genuine(path)

    monkeypatch.setattr(readers, "read_here", slow)
    monkeypatch.setattr(slow_disk, "PATIENCE_S", 0.2)
    assert library.scan(models, workers=1, tell=said.append).read == COUNT
    assert len(said) == 1 and f"Nothing has come of {models} for 0.2 s; the scan goes on" in said[0]


def test_files_of_64_bit_numbers_and_odd_times_are_known_again(models, library, monkeypatch):
    """Some file systems number their files with 64 bits; and a clock may have stood at 1901."""
    from rig.catalogue import entry
    from rig.catalogue.scanning import scan

    def large(path):
        found = path.stat()
        return found.st_mtime_ns - (1 << 62), found.st_size, found.st_ino + (1 << 63)

    monkeypatch.setattr(scan, "stamp_of", large)
    monkeypatch.setattr(entry, "stamp_of", large)
    assert library.scan(models, workers=1).read == COUNT
    assert library.scan(models, workers=1).read == 0


# The index


@pytest.mark.parametrize("seed", range(12))
def test_an_index_of_random_bytes_is_refused_or_works_and_is_left_as_it_was(full_index, made, tmp_path, seed):
    rng = random.Random(seed)
    path = Path(shutil.copy(full_index, tmp_path / "index.sqlite"))
    with Library(path) as library:
        library.scan(made, workers=1)
    content = bytearray(path.read_bytes())
    for _ in range(rng.choice((1, 4, 16))):
        at = rng.randrange(len(content) - 64)
        content[at : at + 64] = rng.randbytes(64)
    if seed % 3 == 2:
        del content[rng.randrange(len(content)) :]
    path.write_bytes(content)
    try:
        with Library(path) as library:
            library.find("made")
            library.near(library.fingerprints.points[0])
            assert len(library.problems) == 0
    except ConfigError as error:
        assert "index.sqlite" in str(error)
        assert ("damaged" in str(error)) or "of another program" in str(error) or "cannot be read" in str(error)
    except Exception as error:
        assert type(error).__name__ == "CompareError"  # a library that has lost its rows is an empty one
    assert path.read_bytes() == content


def test_an_index_of_a_later_probe_is_refused_and_left_as_it_was(full_index, tmp_path):
    path = Path(shutil.copy(full_index, tmp_path / "index.sqlite"))
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE about SET value = 999 WHERE key = 'fingerprint'")
    with pytest.raises(ConfigError, match=r"another version of rig .*fingerprint 999"):
        Library(path)
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM models").fetchone() == (COUNT,)


@pytest.mark.skipif(os.name == "nt", reason="other permissions")
def test_an_index_that_may_only_be_read_is_searched_and_says_so_when_a_scan_would_write(full_index, everybodys, made):
    path = Path(shutil.copy(full_index, everybodys / "index.sqlite"))
    os.chmod(shutil.copytree(made, everybodys / "models"), 0o755)
    with Library(path) as library:
        library.scan(everybodys / "models", workers=1)
    shutil.copy(made / "made-000-000.nam", everybodys / "models" / "new.nam")
    with without_privileges(), Library(path) as library:
        assert len(library.find("made-001")) == 2
        with pytest.raises(ConfigError, match=r"(no scan can be noted there|may only be read).* name .* with --index"):
            library.scan(everybodys / "models", workers=1)
    assert sorted(each.name for each in everybodys.iterdir()) == ["index.sqlite", "models"]
    with (
        without_privileges(),
        pytest.raises(ConfigError, match=r"cannot be (kept there|read or written).* with --index"),
    ):
        Library(everybodys / "none.sqlite")


SCAN = (
    "import resource, sys\n"
    "from rig.catalogue.library import Library\n"
    "from rig.errors import ConfigError\n"
    "limit = int(sys.argv[3])\n"
    "if limit:\n"
    "    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))\n"
    "try:\n"
    "    print(Library(sys.argv[1]).scan(sys.argv[2], workers=1).played)\n"
    "except ConfigError as error:\n"
    "    print(error)\n"
)


def scanned(index, models, limit=0):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(python_path())}
    command = [sys.executable, "-c", SCAN, str(index), str(models), str(limit)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(os.name == "nt", reason="no limit of that kind")
def test_where_no_more_can_be_written_it_says_so_and_goes_on_later_where_it_was(made, tmp_path):
    index = tmp_path / "index.sqlite"
    Index(index).close()
    said = scanned(index, made, limit=48 << 10)
    assert "index.sqlite" in said and ("disk is full" in said or "cannot be read or written" in said)
    with Index(index) as kept:
        done = len(kept.files())
    assert 0 < done < COUNT
    assert int(scanned(index, made)) == COUNT - done
    assert not list(tmp_path.glob("scan-*"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can mount")
def test_a_full_disk_is_a_sentence_and_the_index_is_whole(made, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=112k", "tmpfs", str(small)], check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        said = scanned(small / "index.sqlite", made)
        assert "index.sqlite: the disk is full; make room, then scan again: it goes on." in said
        shutil.copytree(small, tmp_path / "larger")
    finally:
        subprocess.run(["umount", str(small)], check=True)
    with Library(tmp_path / "larger" / "index.sqlite") as library:
        assert 0 < len(library.models) < COUNT
        assert library.scan(made, workers=1).found == COUNT == len(library.models)


def test_facts_that_are_none_are_damage(full_index, tmp_path):
    path = Path(shutil.copy(full_index, tmp_path / "index.sqlite"))
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE models SET facts = ?", (json.dumps({"name": 3}),))
    with Library(path) as library, pytest.raises(ConfigError, match=r"index\.sqlite is damaged .*scan again"):
        library.find("x")
