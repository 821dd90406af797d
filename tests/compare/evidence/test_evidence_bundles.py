"""Bundles of evidence: what goes in, what is left out, and that every edit of a byte is found out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import pytest
from commandline import RIG, called
from evidence_files import BENT, HALF, blind_test, compared, listening_test, pair, read_json

from rig.cli import main
from rig.compare import abx
from rig.compare.evidence.bundle import Wishes, make
from rig.compare.evidence.check import check
from rig.compare.evidence.opened import opened
from rig.compare.evidence.reading import read_any
from rig.errors import CompareError, FileError, RigError


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a pair, models and results of every kind; nothing in it is changed by a test."""
    folder = pair(tmp_path_factory.mktemp("results"), seconds=6.0)
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_DATA_HOME", str(folder / "data"))
    blind_test(folder)
    listening_test(folder)
    patch.undo()
    return folder


@pytest.fixture
def results(made, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "nobody"))
    if not (made / "compared.json").exists():
        compared(made, capsys)
    return [made / "abx.json", made / "compared.json", made / "listen"]


def states(found):
    return {line.state for line in found.lines}


# ---------------------------------------------------------------- what is in it
def test_a_bundle_of_everything_is_replayed_line_by_line(results, tmp_path, capsys):
    out = tmp_path / "all.zip"
    assert main(["evidence", str(out), *map(str, results), "--licence", "CC-BY-4.0"]) == 0
    said = capsys.readouterr().out
    assert "Files    5 of 5 that they were made from are in it" in said
    seal = next(line.split()[-1] for line in said.splitlines() if line.startswith("Seal"))
    assert main(["evidence", "check", str(out), "--seal", seal[:16]]) == 0
    told = capsys.readouterr().out
    assert "DIFFERS" not in told
    for line in (
        "agrees   files: all",
        "agrees   seal: is the one you gave",
        "agrees   1 abx.json: order, sounds and levels fit the promise",
        "13 of 16 right, p = 0.0106, rate between 54 and 96 %: the same by scipy's binomtest",
        "agrees   2 compared.json, half.nam: ESR",
        "agrees   3 listen: the sounds of all 1 sections are those that were rated",
        "unknown  3 listen: their promises cannot be checked: they cover the names, which were left out",
        "2 listeners who count, 0 left out by the screening: means, intervals and comparisons come out again",
        "agrees   3 listen, bent.nam: ESR",
    ):
        assert line in told, line
    assert main(["evidence", "check", str(out), "--seal", "0" * 16]) == 2
    assert "DIFFERS  seal: is not the one you gave" in capsys.readouterr().out
    with zipfile.ZipFile(out) as archive:  # another reader takes it, too
        assert archive.testzip() is None
        readme = archive.read("README.txt").decode()
        assert "What it can NOT prove" in readme and "How many other tests" in readme
        assert "who answered" in readme and "who the listeners were" in readme
        manifest = json.loads(archive.read("manifest.json"))
    assert {each["licence"] for each in manifest["stimuli"]} == {"CC-BY-4.0"}
    assert all(len(each["sha256"]) == 64 and each["licence"] for each in manifest["members"])


def test_without_the_seal_of_somebody_else_a_bundle_proves_only_itself(results, tmp_path):
    make(tmp_path / "a.zip", results[:1], Wishes())
    seal = next(line for line in check(tmp_path / "a.zip").lines if line.about == "seal")
    assert seal.state == "unknown" and "whoever writes all of it anew can make it fit" in seal.text


def test_the_same_input_gives_the_same_bytes_in_whatever_order(results, tmp_path):
    make(tmp_path / "a.zip", results, Wishes())
    make(tmp_path / "b.zip", results[::-1], Wishes())
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_no_path_port_or_name_of_a_listener_is_in_it(results, made, tmp_path):
    make(tmp_path / "a", results, Wishes())
    for path in (tmp_path / "a").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for private in (str(made), str(Path.home()) + "/", "private:port_3", "Ann Somebody", "Bert", str(tmp_path)):
                assert private.encode() not in content, f"{private} in {path.name}"
    make(tmp_path / "b", results, Wishes(keep_names=True))
    names = {read_json(path)["listener"] for path in (tmp_path / "b").rglob("listeners/*.json")}
    assert names == {"Ann Somebody", "Bert"}
    told = [line.text for line in check(tmp_path / "b", figures=False).lines]
    assert any("from the promise to the closing hash" in text for text in told)


def test_what_may_not_be_shared_is_there_by_its_hash_and_replayed_by_who_has_it(results, made, tmp_path, capsys):
    wishes = Wishes(without_audio=True, without=(HALF,))
    found = make(tmp_path / "a.zip", results, wishes).manifest
    inside = {each.name for each in found.stimuli if each.member}
    assert inside == {BENT}
    assert {each.why_not for each in found.stimuli if not each.member} == {"left out on wish"}
    checked = check(tmp_path / "a.zip")
    assert checked.state == "ok"  # promises and statistics
    unknown = [line.text for line in checked.lines if line.state == "unknown"]
    assert "not computed again: dry.wav, wet.wav is not in the bundle" in unknown
    assert "the sounds that were heard are not in the bundle, only their hashes" in unknown
    again = check(tmp_path / "a.zip", folders=[made])
    assert not [line for line in again.lines if line.state == "unknown" and "not computed" in line.text]
    assert again.state == "ok"
    with pytest.raises(CompareError, match=r"gone\.nam: none of the results was made from a file of that name"):
        make(tmp_path / "b.zip", results, Wishes(without=("gone.nam",)))


def test_a_file_that_has_changed_or_moved_is_said_and_found_again(results, made, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    copy = elsewhere / "compared.json"
    data = read_json(results[1])
    copy.write_bytes(results[1].read_bytes())
    (elsewhere / "half.nam").write_text("{}")
    there = {each["name"]: each["path"] for each in data["provenance"]["files"]}
    moved = tmp_path / "renamed.nam"
    moved.write_bytes(Path(there[HALF]).read_bytes())
    backup = Path(there[HALF]).read_bytes()
    try:
        Path(there[HALF]).unlink()
        found = make(tmp_path / "a.zip", [copy], Wishes()).manifest
        assert {each.name: each.why_not for each in found.stimuli}[HALF].startswith("the file has changed since")
        found = make(tmp_path / "b.zip", [copy], Wishes(folders=(tmp_path,))).manifest
        assert {each.name: each.member is not None for each in found.stimuli}[HALF]
    finally:
        Path(there[HALF]).write_bytes(backup)


# ---------------------------------------------------------------- edits
def every_edit(content, step, start=0):
    """The content with one byte changed, at every so many places; a letter stays a letter now and then."""
    for at in range(start, len(content), step):
        yield at, content[:at] + bytes([content[at] ^ (1 if at % 2 else 0x20)]) + content[at + 1 :]


def is_found_out(look):
    try:
        return look()
    except RigError:
        return True


def edits_of_a_bundle(out, target, step):
    content = out.read_bytes()
    for at, edited in every_edit(content, step):
        target.write_bytes(edited)

        def look():
            with opened(target) as bundle:
                return any(line.state == "fail" for line in bundle.lines)

        assert is_found_out(look), f"byte {at} of {len(content)}"


def edits_of_results(results, folder, step):
    for path, look in (
        (results[0], lambda path: bool(abx.check(path).problems)),
        (results[1], lambda path: not read_any(path).is_as_written),
    ):
        for at, edited in every_edit(path.read_bytes(), step):
            target = folder / "edited.json"
            target.write_bytes(edited)
            assert is_found_out(lambda target=target, look=look: look(target)), f"byte {at} of {path.name}"


def test_an_edited_byte_is_found_out(results, tmp_path):
    make(tmp_path / "a.zip", results, Wishes(without_audio=True))
    edits_of_a_bundle(tmp_path / "a.zip", tmp_path / "edited.zip", 61)
    edits_of_results(results, tmp_path, 41)


@pytest.mark.soak
def test_every_single_edited_byte_is_found_out(results, tmp_path):
    make(tmp_path / "a.zip", results[:2], Wishes(without_audio=True))
    edits_of_a_bundle(tmp_path / "a.zip", tmp_path / "edited.zip", 1)
    edits_of_results(results, tmp_path, 1)


def test_a_folder_whose_file_was_changed_is_found_out_and_the_file_used_for_nothing(results, tmp_path):
    make(tmp_path / "a", results[:2], Wishes())
    model = next((tmp_path / "a").rglob(HALF))
    model.write_text(model.read_text().replace("0.5", "0.4"))
    (tmp_path / "a" / "more.txt").write_text("x")
    found = check(tmp_path / "a")
    assert found.state == "fail"
    failed = {line.about: line.text for line in found.lines if line.state == "fail"}
    assert "was changed: it is not the file whose hash" in failed[model.relative_to(tmp_path / "a").as_posix()]
    assert "does not belong to it" in failed["more.txt"]
    lines = {line.about: line.state for line in found.lines}
    assert lines[f"2 compared.json, {HALF}"] == "unknown" and lines[f"2 compared.json, {BENT}"] == "ok"


def test_a_result_alone_is_checked_and_an_edited_one_is_no_evidence(results, tmp_path, capsys):
    for path in results:
        assert check(path).state == "ok"
    data = read_json(results[1])
    data["scores"][0]["esr_matched"] /= 2
    edited = tmp_path / "edited.json"
    edited.write_text(results[1].read_text().replace('"seal"', '"seaL"'))
    with pytest.raises(CompareError, match="was changed after it was written"):
        make(tmp_path / "a.zip", [edited], Wishes())
    edited.write_text(json.dumps(data, indent=2))
    with pytest.raises(CompareError, match="was changed after it was written"):
        make(tmp_path / "a.zip", [edited], Wishes())
    edited.write_text(json.dumps(read_json(results[1])))
    found = check(edited)
    assert found.state == "fail" and "its layout is not" in found.lines[0].text


# ---------------------------------------------------------------- writing
def test_what_exists_is_not_replaced_without_leave(results, tmp_path, capsys):
    out = tmp_path / "a.zip"
    out.write_text("precious")
    done = called(capsys, "evidence", out, results[0])
    assert done.returncode == 2 and "the file exists already" in done.stderr
    assert out.read_text() == "precious"
    assert called(capsys, "evidence", out, results[0], "--overwrite").returncode == 0
    assert check(out).state == "ok"
    with pytest.raises(FileError, match="the folder exists already, and is never replaced"):
        make(tmp_path, results[:1], Wishes(), overwrite=True)
    with pytest.raises(FileError, match=r"there is no folder"):
        make(tmp_path / "gone" / "a.zip", results[:1], Wishes())
    with pytest.raises(FileError, match=r"name it first"):
        make(tmp_path / "x.json", results[:1], Wishes())
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "nobody") == ["a.zip"]


def kill_while_writing(results, folder, moments_s, *options):
    """SIGKILL `rig evidence` after so long; what then is there is whole."""
    out = folder / "killed.zip"
    before = {path: path.read_bytes() for path in results if path.is_file()}
    for moment_s in moments_s:
        old = out.read_bytes() if out.exists() else None
        running = subprocess.Popen(
            [*RIG, "evidence", str(out), *map(str, results), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moment_s)
        running.send_signal(signal.SIGKILL)
        running.wait()
        if out.exists() and out.read_bytes() != old:
            assert check(out, figures=False).state == "ok"
        else:
            assert (out.read_bytes() if out.exists() else None) == old
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.soak
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs signals")
def test_killed_at_any_moment_nothing_is_half_written(results, tmp_path):
    kill_while_writing(results, tmp_path, [0.15 * step for step in range(1, 25)])
    kill_while_writing(results, tmp_path, [0.15 * step for step in range(1, 25)], "--overwrite")


def killed_at(place, results, out):
    """The process ends itself there, by a signal that nobody can handle."""
    module, _, name = place.rpartition(".")
    code = (
        f"import os, signal, {module} as m\nfrom pathlib import Path\n"
        "from rig.compare.evidence.bundle import Wishes, make\n"
        f"m.{name} = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"make(Path({str(out)!r}), [Path({str(results[0])!r})], Wishes())\n"
    )
    done = subprocess.run([RIG[0], "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not out.exists()


def test_killed_within_the_writing_nothing_is_there(results, tmp_path):
    killed_at("rig.compare.evidence.container._pieces", results, tmp_path / "a.zip")
    make(tmp_path / "a.zip", results[:1], Wishes())  # what was left is in nobody's way
    assert check(tmp_path / "a.zip").state == "ok"


@pytest.mark.soak
def test_killed_before_the_name_is_given_nothing_is_there(results, tmp_path):
    killed_at("rig.compare.evidence.bundle.give_name", results, tmp_path / "a.zip")


# ---------------------------------------------------------------- what is no result
def test_what_is_no_result_is_refused_with_a_way_out(tmp_path, made):
    (tmp_path / "x.json").write_text('{"a": 1}')
    for path, why in (
        (tmp_path / "x.json", "is no result that can be evidence: name the file of a blind test"),
        (tmp_path / "gone.json", "there is no such file"),
        (tmp_path, r"test\.json: there is no such file"),
        (made / "dry.wav", "is no result of rig"),
    ):
        with pytest.raises(CompareError, match=why):
            read_any(path)


def test_an_unfinished_blind_test_is_no_evidence(tmp_path):
    pair(tmp_path, 0.5)
    test = abx.BlindTest.begin(tmp_path / "t.json", 8, {}, keys=tmp_path / "keys")
    test.answer("A")
    with pytest.raises(CompareError, match="is not finished, 7 of 8 trials are to come"):
        read_any(tmp_path / "t.json")
