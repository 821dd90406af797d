"""Zips that mean no good, or are none: a sentence each, nothing written outside, memory and disk bounded."""

from __future__ import annotations

import io
import json
import os
import stat
import struct
import tempfile
import zipfile

import pytest
from commandline import called
from evidence_files import blind_test, pair

from rig.compare.evidence import container
from rig.compare.evidence.bundle import Wishes, make
from rig.compare.evidence.check import check
from rig.compare.evidence.container import Member, measured, unpack, write_zip
from rig.compare.evidence.manifest import FILE
from rig.compare.evidence.opened import opened
from rig.compare.evidence.seal import as_written, sealed
from rig.errors import CompareError


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = pair(tmp_path_factory.mktemp("good"), seconds=0.5)
    make(folder / "good.zip", [blind_test(folder)], Wishes(without_audio=True))
    return folder / "good.zip"


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    """Where zips are unpacked; afterwards nothing is left there, and nothing was written beside it."""
    place = tmp_path / "scratch"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    before = sorted(tmp_path.iterdir())
    yield place
    assert not list(place.iterdir())
    assert {path.name for path in tmp_path.iterdir()} - {path.name for path in before} <= {"bad.zip", "bad"}


def written(path, change=lambda info: None, name="results/1-abx.json", content=b"{}", method=zipfile.ZIP_STORED):
    """A zip by another program, of one odd member."""
    with zipfile.ZipFile(path, "w", method) as archive:
        info = zipfile.ZipInfo(name)
        info.compress_type = method
        change(info)
        archive.writestr(info, content)
    return path


def refused(path, why):
    with pytest.raises(CompareError, match=why), opened(path):
        pass


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../outside.json", "leads out of the bundle; nothing was unpacked"),
        ("results/../../outside.json", "leads out of the bundle"),
        ("results\\..\\outside.json", "leads out of the bundle"),
        ("/etc/outside.json", "leads to a fixed place of the disk"),
        ("C:\\outside.json", "leads to a fixed place of the disk"),
        ("\\\\host\\outside.json", "leads to a fixed place of the disk"),
        ("results/caf\u00e9.json", "has a name that rig gives no file"),
        ("results/a\x1b[2Jb", "has a name that rig gives no file"),
        ("a" * 300, "has a name that rig gives no file"),
        (".hidden", "has a name that rig gives no file"),
        ("results/", "has a name that rig gives no file"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_written(tmp_path, name, why):
    refused(written(tmp_path / "bad.zip", name=name), why)


def test_a_zip_that_grows_when_it_is_unpacked_is_refused_unread(tmp_path):
    bomb = written(tmp_path / "bad.zip", content=bytes(64 << 20), method=zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 1 << 20
    refused(bomb, "is packed, and rig stores files as they are")


def test_links_and_encrypted_members_are_refused(tmp_path):
    def link(info):
        info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16

    refused(written(tmp_path / "bad.zip", link, content=b"/etc/passwd"), "is a link to another file")
    raw = bytearray(written(tmp_path / "bad.zip").read_bytes())
    raw[raw.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "bad.zip").write_bytes(raw)
    refused(tmp_path / "bad.zip", "is encrypted")


def test_two_members_of_one_name_are_refused(tmp_path):
    path = tmp_path / "bad.zip"
    for names in (("results/a.json", "results/a.json"), ("results/A.json", "results/a.json")):
        with zipfile.ZipFile(path, "w") as archive, pytest.warns(UserWarning) if names[0] == names[1] else io.BytesIO():
            for name in names:
                archive.writestr(zipfile.ZipInfo(name), b"{}")
        refused(path, "holds results/a.json twice")
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("results", "results/a.json"):
            archive.writestr(zipfile.ZipInfo(name), b"{}")
    refused(path, "a file and a folder of one name")


def test_huge_counts_and_sizes_are_refused_by_the_directory_alone(tmp_path, monkeypatch, good):
    raw = bytearray(good.read_bytes())
    monkeypatch.setattr(container, "MOST_MEMBERS", 2)
    refused(good, "holds 4 files; no bundle of rig has more than 2")
    monkeypatch.undo()
    monkeypatch.setattr(container, "MOST_BYTES", 1000)
    refused(good, "no bundle of rig has more than 0")
    monkeypatch.undo()
    at = raw.index(b"PK\1\2")
    raw[at + 20 : at + 28] = struct.pack("<2L", 0xFFFFFFF0, 0xFFFFFFF0)  # four gigabytes, says the directory
    (tmp_path / "bad.zip").write_bytes(raw)
    refused(tmp_path / "bad.zip", "its files are not as long as its directory says")


def test_members_that_overlap_are_refused(tmp_path, good):
    """As in bombs that need no compression: many entries of the directory lead to one place."""
    raw = good.read_bytes()
    start, end = raw.index(b"PK\1\2"), raw.index(b"PK\5\6")
    first = raw[start : raw.index(b"PK\1\2", start + 4)]
    directory = b"".join(first.replace(b"README.txt", b"READM%d.txt" % number) for number in range(5))
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 5, 5, len(directory), start, 0)
    (tmp_path / "bad.zip").write_bytes(raw[:start] + directory + tail)
    assert end > start
    refused(tmp_path / "bad.zip", "its files are not as long as its directory says")


def test_what_is_cut_off_or_added_to_is_refused(tmp_path, good):
    raw, path = good.read_bytes(), tmp_path / "bad.zip"
    for length in {0, 1, 3, 21, 100, len(raw) // 2, len(raw) - 30, len(raw) - 1}:
        path.write_bytes(raw[:length])
        refused(path, "is cut off|is no bundle: it is not a zip|its end is not as rig")
    for edited in (raw + b"x", b"x" + raw, raw + raw):
        path.write_bytes(edited)
        refused(path, "is cut off|not a zip|its end is not as rig")


def test_the_same_files_packed_by_another_program_are_no_bundle_but_its_folder_is(tmp_path, good):
    with zipfile.ZipFile(good) as archive:
        archive.extractall(tmp_path / "bad")
        names = archive.namelist()
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        for name in names:
            archive.write(tmp_path / "bad" / name, name)
    refused(tmp_path / "bad.zip", "is not as rig writes it")
    assert check(tmp_path / "bad").state == "ok"


def test_links_and_pipes_in_a_folder_are_refused(tmp_path, good):
    with zipfile.ZipFile(good) as archive:
        archive.extractall(tmp_path / "bad")
    target = tmp_path / "bad" / "results" / "2.json"
    target.symlink_to("/etc/passwd")
    refused(tmp_path / "bad", "is a link, a pipe or a device")
    target.unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(target)
        refused(tmp_path / "bad", "is a link, a pipe or a device")


def test_other_files_are_told_from_bundles(tmp_path, good, capsys):
    path = tmp_path / "bad.zip"
    write_members(path, {"README.txt": b"hello"})
    refused(path, f"is no bundle of evidence: it holds no {FILE}")
    write_members(path, {FILE: as_written(sealed({"kind": "something"}))})
    refused(path, f"its {FILE} is something else")
    write_members(path, {FILE: b"{"})
    refused(path, "is not JSON")
    write_members(path, {FILE: as_written(sealed({"kind": "rig evidence", "schema": 9}))})
    refused(path, "schema is 9, expected 1, which this rig reads")
    done = called(capsys, "evidence", "check", path, "--json")
    assert done.returncode == 2 and "schema is 9" in json.loads(done.stdout)["error"]


def write_members(path, members):
    """A zip exactly as rig writes it, of anything."""
    folder = path.parent / "bad"
    folder.mkdir(exist_ok=True)
    listed = []
    for name, content in sorted(members.items()):
        (folder / name.replace("/", "_")).write_bytes(content)
        listed.append((measured(name, folder / name.replace("/", "_")), folder / name.replace("/", "_")))
    with path.open("wb") as file:
        write_zip(file, listed)


ODD = [None, -1, 1e308, "x" * 5000, "../x", [], {}, [{}], "\u202e", True]


@pytest.mark.parametrize("key", ["versions", "members", "results", "stimuli", "schema", "kind"])
@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_a_manifest_with_anything_in_it_ends_in_a_sentence(tmp_path, good, key, value):
    with zipfile.ZipFile(good) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members[FILE])
    variants = [{**manifest, key: value}]
    if isinstance(manifest[key], list):
        variants += [
            {**manifest, key: [{**manifest[key][0], inner: value}, *manifest[key][1:]]} for inner in manifest[key][0]
        ]
    for variant in variants:
        write_members(tmp_path / "bad.zip", {**members, FILE: as_written(sealed(variant))})
        try:
            found = check(tmp_path / "bad.zip")
        except CompareError as error:
            assert str(error).endswith((".", ")"))
        else:
            assert isinstance(found.to_json(), dict)


def test_a_file_that_changes_while_it_is_written_ends_the_writing(tmp_path):
    source = tmp_path / "bad"
    source.write_bytes(b"before")
    member = measured("a", source)
    source.write_bytes(b"behind")
    with pytest.raises(CompareError, match="changed while the bundle was written"):
        write_zip(io.BytesIO(), [(member, source)])


def test_a_zip_is_the_same_to_other_programs(tmp_path, good):
    with zipfile.ZipFile(good) as archive:
        assert archive.testzip() is None
        infos = archive.infolist()
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert [info.filename for info in infos] == sorted(info.filename for info in infos)
    assert all(info.compress_type == zipfile.ZIP_STORED for info in infos)
    place = tmp_path / "scratch" / "out"
    place.mkdir()
    members = unpack(good, place)
    assert [Member(m.name, m.size, m.crc, m.sha256) for m in members] == [
        measured(info.filename, place / info.filename) for info in infos
    ]
    for path in sorted(place.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    place.rmdir()
