"""An index follows its folders: what is new is read, what is gone forgotten, whatever happens meanwhile."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commandline import called, forked
from made_library import make_library
from places import python_path

import rig
from rig.catalogue.entry import read_content
from rig.catalogue.index import Index
from rig.catalogue.library import Library
from rig.catalogue.scanning import readers, sent_file
from rig.errors import ConfigError, FileError, ModelError


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    make_library(folder, 12, 4, seed=3)
    return folder


@pytest.fixture
def models(made, tmp_path):
    """A folder of its own, with the same twelve."""
    folder = tmp_path / "models"
    folder.mkdir()
    for path in made.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path / "index.sqlite") as library:
        yield library


def names(library):
    return sorted(model.path.name for model in library.models.values())


def test_a_second_scan_reads_nothing_and_one_changed_file_costs_one_file(models, library):
    first = library.scan(models, workers=1)
    assert (first.found, first.read, first.played) == (12, 12, 12)
    assert library.scan(models, workers=1).read == 0
    one = models / "made-000-000.nam"
    one.write_text(one.read_text().replace('"Tanh"', '"Sigmoid"'))
    again = library.scan(models, workers=1)
    assert (again.read, again.played, again.unchanged) == (1, 1, 11)


def test_what_moved_or_was_copied_costs_its_hash_and_what_is_gone_is_forgotten(models, library):
    library.scan(models, workers=1)
    (models / "further" / "down").mkdir(parents=True)
    (models / "made-000-000.nam").rename(models / "further" / "down" / "plexi.nam")
    (models / "twice.nam").write_bytes((models / "made-001-000.nam").read_bytes())
    (models / "made-002-000.nam").unlink()
    found = library.scan(models, workers=1)
    assert (found.read, found.played, found.gone) == (2, 0, 2)
    assert "plexi.nam" in names(library) and "made-002-000.nam" not in names(library)
    [copy] = library.copies()
    assert [path.name for path in copy.paths] == ["made-001-000.nam", "twice.nam"]


def test_two_workers_find_what_one_finds(models, library, tmp_path):
    library.scan(models, workers=2)
    with Library(tmp_path / "other.sqlite") as other:
        other.scan(models, workers=1)
        assert {h: m.facts for h, m in library.models.items()} == {h: m.facts for h, m in other.models.items()}
        assert (library.fingerprints.points == other.fingerprints.points).all()


def test_verify_finds_what_time_size_and_inode_hide(models, library):
    library.scan(models, workers=1)
    one = models / "made-003-000.nam"
    state, text = one.stat(), one.read_text()
    digit = next(i for i, c in enumerate(text) if c == "3" and i > 200)
    with one.open("r+") as file:
        file.seek(digit)
        file.write("4")
    os.utime(one, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert library.scan(models, workers=1).read == 0
    found = library.scan(models, workers=1, verify=True)
    assert (found.read, found.played) == (12, 1)


def test_broken_and_silent_files_are_kept_with_their_reason_and_the_rest_goes_on(models, library):
    (models / "broken.nam").write_text("{")
    (models / "empty.nam").write_bytes(b"")
    (models / "nowhere.nam").symlink_to(models / "gone.nam")
    silent = json.loads((models / "made-000-000.nam").read_text())
    silent["config"]["models"][-1]["weights"] = [0.0] * len(silent["config"]["models"][-1]["weights"])
    (models / "silent.nam").write_text(json.dumps(silent))
    (models / "loop").symlink_to(models, target_is_directory=True)
    found = library.scan(models, workers=1)
    assert len(library.models) == 12
    told = "\n".join(found.problems)
    for name in ("broken.nam", "empty.nam", "nowhere.nam", "silent.nam"):
        assert name in told
    assert library.scan(models, workers=1).read == 0  # nor are they read again
    (models / "silent-too.nam").write_text((models / "silent.nam").read_text())
    assert any("silent-too.nam answers" in problem for problem in library.scan(models, workers=1).problems)


def test_a_file_that_changes_while_it_is_read_is_read_again_next_time(models, library, monkeypatch):
    genuine = readers.read_here

    def changed_meanwhile(path: Path):
        result = genuine(path)
        if path.name == "made-000-000.nam":
            path.write_text(path.read_text() + " ")
        return result

    monkeypatch.setattr(readers, "read_here", changed_meanwhile)
    assert "made-000-000.nam changed while it was read" in library.scan(models, workers=1).problems[0]
    monkeypatch.setattr(readers, "read_here", genuine)
    assert library.scan(models, workers=1).read == 1 and len(library.models) == 12


def test_a_file_that_goes_away_meanwhile_is_said_and_no_more(models, library, monkeypatch):
    genuine = readers.read_here

    def gone_meanwhile(path: Path):
        result = genuine(path)
        if path.name == "made-000-000.nam":
            path.unlink()
        return result

    monkeypatch.setattr(readers, "read_here", gone_meanwhile)
    assert "made-000-000.nam went away" in library.scan(models, workers=1).problems[0]
    assert len(library.models) == 11


def test_what_is_no_folder_is_said(library, tmp_path):
    with pytest.raises(FileError, match="is no folder"):
        library.scan(tmp_path / "nowhere")
    assert library.find() == []


def test_an_index_that_is_cut_off_or_of_another_kind_is_refused_and_kept(models, tmp_path):
    path = tmp_path / "index.sqlite"
    with Library(path) as library:
        library.scan(models, workers=1)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    for left in tmp_path.glob("index.sqlite-*"):
        left.unlink()
    with pytest.raises(ConfigError, match=r"index\.sqlite.*(damaged|cannot be read)"), Library(path) as library:
        library.find()
    path.write_bytes(b"no database at all, and long enough to be taken for one" * 40)
    with pytest.raises(ConfigError, match=r"index\.sqlite is damaged"):
        Library(path)
    assert path.read_bytes().startswith(b"no database")
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE notes (text)")
    with pytest.raises(ConfigError, match="of another program"):
        Library(other)


def test_an_index_of_a_later_version_is_refused_and_one_of_another_probe_is_made_anew(models, tmp_path):
    path = tmp_path / "index.sqlite"
    with Library(path) as library:
        library.scan(models, workers=1)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE about SET value = 0 WHERE key = 'fingerprint'")
    with Library(path) as library:
        assert not library.models
        assert library.scan(models, workers=1).played == 12
    with sqlite3.connect(path) as database:
        database.execute("UPDATE about SET value = 99 WHERE key = 'schema'")
    with pytest.raises(ConfigError, match="another version of rig"):
        Library(path)


SCAN = (
    "import sys; from rig.catalogue.library import Library\n"
    "if __name__ == '__main__':\n"
    "    found = Library(sys.argv[1]).scan(sys.argv[2], workers=1)\n"
    "    print(found.played, found.elsewhere)"
)


def scanner(index, models):
    return subprocess.Popen(
        [sys.executable, "-c", SCAN, index, models],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(python_path())},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_scan_that_is_killed_goes_on_where_it_was(models, tmp_path):
    path = tmp_path / "index.sqlite"
    killed = scanner(path, models)
    while killed.poll() is None:
        with Index(path) as index:
            if index.files():
                break
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    with Index(path) as index:
        kept = len(index.files())
    with Library(path) as library:
        found = library.scan(models, workers=1)
        assert found.played == 12 - kept and len(library.models) == 12
        assert not list(tmp_path.glob("scan-*"))  # nothing is left behind


def test_two_scans_at_once_share_the_work(models, tmp_path, monkeypatch):
    path = tmp_path / "index.sqlite"
    Index(path).close()
    both = [scanner(path, models) for _ in range(2)]
    told = [tuple(map(int, each.communicate()[0].split())) for each in both]
    assert sum(played for played, _ in told) == 12
    with Library(path) as library:
        assert len(library.models) == 12 and library.scan(models, workers=1).read == 0


def test_a_cluster_reads_what_it_sees_and_is_sent_what_it_does_not(models, tmp_path, monkeypatch):
    cluster = pytest.importorskip("distributed").LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    )
    genuine, played = sent_file.content_of, []
    with cluster, Library(tmp_path / "here.sqlite") as here, Library(tmp_path / "there.sqlite") as there:
        here.scan(models, workers=1)

        def blind(path: Path):
            """A worker on another machine, where this folder is not."""
            if path.parent == models:
                raise ModelError(f"{path.name}: no such file")
            return genuine(path)

        def counted(path: Path, data: bytes, sha256: str):
            played.append(path.name)
            return read_content(path, data, sha256)

        monkeypatch.setattr(sent_file, "content_of", blind)
        monkeypatch.setattr(readers, "content_to_send", genuine)
        monkeypatch.setattr(sent_file, "read_content", counted)
        (models / "broken.nam").write_text("{")
        (models / "same-as-first.nam").write_bytes((models / "made-000-000.nam").read_bytes())
        found = there.scan(models, cluster=cluster.scheduler_address)
        assert found.played == 12 and len(found.problems) == 1 and "broken.nam" in found.problems[0]
        assert {h: m.facts for h, m in here.models.items()} == {h: m.facts for h, m in there.models.items()}
        assert sorted(played) == ["broken.nam", *names(here)]
        # What it sees, it reads there; and what is known is played nowhere again.
        played.clear()
        moved = tmp_path / "moved"
        models.rename(moved)
        found = there.scan([moved], cluster=cluster.scheduler_address)
        assert (found.read, found.played, played) == (14, 0, ["broken.nam"])
        assert len(there.models) == 12


def test_workers_get_fewer_files_at_a_time_the_fewer_are_left():
    jobs = [(Path(str(number)), None) for number in range(100)]
    groups = list(readers._groups(iter(jobs), len(jobs), threads=2))
    assert [job for group in groups for job in group] == jobs
    sizes = [len(group) for group in groups]
    assert sizes == sorted(sizes, reverse=True) and (sizes[0], sizes[-1]) == (readers.READ_AT_ONCE, 1)
    sent = [(path, b"..." if path.name in ("3", "4") else None) for path, _ in jobs]
    groups = list(readers._groups(iter(sent), len(sent), threads=2))
    assert [job for group in groups for job in group] == sent
    assert all(content is None for group in groups for _, content in group[:-1])  # bytes go in the last place, once
    assert [len(list(readers._groups(iter(jobs[:n]), 100, threads=64))) for n in (0, 1, 5)] == [0, 1, 5]


def test_without_a_model_there_are_no_twins_and_no_map(tmp_path, capsys):
    for part in (["twins"], ["map", tmp_path / "map.png"]):
        done = called(capsys, "library", *part, "--index", tmp_path / "none.sqlite")
        assert done.returncode == 2 and "scan a folder first" in done.stderr
    assert not (tmp_path / "map.png").exists()


def test_by_the_command_line(models, tmp_path):
    index = tmp_path / "index.sqlite"
    done = forked("library", "scan", models, "--index", index, "--workers", 1)
    assert done.returncode == 0 and "12 files" in done.stdout and "holds 12 models" in done.stdout
    found = forked("library", "find", "made-001", "--index", index)
    assert found.returncode == 0 and found.stdout.count("made-001") == 3
    none = forked("library", "find", "made-oo1", "--index", index)
    assert none.returncode == 2 and "Nothing was found" in none.stderr
    like = json.loads(forked("library", "like", models / "made-002-000.nam", "--index", index, "--json").stdout)
    assert len(like) == 11 and like[0]["distance"] <= like[1]["distance"]
    assert forked("library", "map", tmp_path / "map.svg", "--index", index).returncode == 0
    assert (tmp_path / "map.svg").read_text().count("made-") >= 12
    empty = forked("library", "find", "--index", tmp_path / "none.sqlite")
    assert empty.returncode == 2 and "scan a folder first" in empty.stderr


def test_rig_library_is_public():
    assert rig.Library is Library
