"""Listening tests in bundles: without names, and no edit of a score, a sound, an order or a statistic fits."""

from __future__ import annotations

import json
import re

import pytest
from evidence_files import BENT, HALF, listening_test, pair, read_json

from rig.audio.wav import read, write
from rig.compare.evidence.bundle import Wishes, make
from rig.compare.evidence.check import check
from rig.compare.evidence.container import measured
from rig.compare.evidence.reading import read_any
from rig.compare.evidence.seal import as_written, sealed
from rig.compare.listening import Prepared, Sitting, report
from rig.errors import CompareError


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    """A test of three listeners; nobody changes it."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("heard")
    patch.setenv("XDG_DATA_HOME", str(folder / "data"))
    pair(folder, 6.0)
    listening_test(folder, ("Ann", "Bert", "Cy"))
    patch.undo()
    return folder


@pytest.fixture
def bundle(heard, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "nobody"))
    make(tmp_path / "b", [heard / "listen"], Wishes())
    return tmp_path / "b"


def hashed_anew(bundle):
    """The manifest of a bundle whose files somebody edited, made to fit again."""
    manifest = read_json(bundle / "manifest.json")
    for each in manifest["members"]:
        found = measured("x", bundle / each["name"])
        each["bytes"], each["sha256"] = found.size, found.sha256
    for each in manifest["stimuli"]:
        if each["member"]:
            each["sha256"] = measured("x", bundle / each["member"]).sha256
    (bundle / "manifest.json").write_bytes(as_written(sealed(manifest)))


def edited(name, change):
    def edit(bundle):
        path = bundle / "results" / "1-listen" / name
        path.write_bytes(as_written(change(read_json(path))))

    return edit


def another_score(data):
    event = next(each for each in data["events"] if each["what"] == "rated" and each["score"] == 60)
    event["score"] = 61
    return data


def another_order(data):
    data["order"]["positions"][0].reverse()
    return data


def another_mean(data):
    data["heard"][3]["spread"]["mean"] += 0.5
    return data


def another_sound(bundle):
    path = next(bundle.rglob("1.wav"))
    found = read(path)
    x = found.samples.copy()
    x[100, 2] += 1e-4
    write(path, x, found.sample_rate, "FLOAT", overwrite=True)


def better_figures(data):
    candidate = next(each for each in data["setup"]["conditions"] if each["name"] == HALF)
    candidate["how"]["figures"]["esr_matched"] /= 2
    return data


def without_a_listener(bundle):
    (bundle / "results" / "1-listen" / "listeners" / "2.json").unlink()
    manifest = read_json(bundle / "manifest.json")
    manifest["members"] = [each for each in manifest["members"] if not each["name"].endswith("2.json")]
    (bundle / "manifest.json").write_bytes(as_written(sealed(manifest)))


def a_listener_twice(bundle):
    listeners = bundle / "results" / "1-listen" / "listeners"
    data = read_json(listeners / "1.json")
    (listeners / "4.json").write_bytes((listeners / "1.json").read_bytes().replace(b"listener 1", b"listener 4"))
    assert data["listener"] == "listener 1"
    manifest = read_json(bundle / "manifest.json")
    first = next(each for each in manifest["members"] if each["name"].endswith("listeners/1.json"))
    manifest["members"].append({**first, "name": "results/1-listen/listeners/4.json"})
    (bundle / "manifest.json").write_bytes(as_written(sealed(manifest)))


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (edited("listeners/1.json", another_score), "entry .* was changed after it was made"),
        (edited("listeners/1.json", another_order), "its closing hash is not that of what was done"),
        (edited("report.json", another_mean), "its statistics differ: heard"),
        (edited("test.json", better_figures), "was edited: its hash is not that of its content"),
        (another_sound, "was changed|not what was prepared"),
        (without_a_listener, "its statistics differ: scores"),
        (a_listener_twice, "the same sitting is there twice"),
        (edited("listeners/1.json", lambda data: {**data, "events": 3}), "listener|entry"),
        (edited("report.json", lambda data: {}), "its statistics differ"),
        (edited("test.json", lambda data: {**data, "setup": 3}), "was edited|damaged"),
    ],
    ids=range(10),
)
def test_a_listening_test_that_was_edited_and_hashed_anew_does_not_agree(bundle, edit, why):
    assert check(bundle, figures=False).state == "ok"
    edit(bundle)
    hashed_anew(bundle)
    found = check(bundle, figures=False)
    assert found.state == "fail"
    failed = " ".join(line.text for line in found.lines if line.state == "fail")
    assert re.search(why, failed), failed


def test_numbers_stand_for_names_and_the_statistics_are_the_same(bundle, heard):
    folder = bundle / "results" / "1-listen"
    told, found = read_json(folder / "report.json"), report(Prepared.open(heard / "listen"))
    assert set(told["scores"]) == {"listener 1", "listener 2", "listener 3"}
    assert sorted(map(json.dumps, told["scores"].values())) == sorted(map(json.dumps, found.scores.values()))
    assert told["ratings"] == found.ratings
    assert json.loads(json.dumps(found.to_json()["heard"])) == told["heard"]
    closings = {read_json(path)["closing"] for path in (folder / "listeners").iterdir()}
    assert closings == set(found.closings.values())  # those that the listeners were shown


def test_only_who_has_finished_is_in_it_and_an_edited_test_is_no_evidence(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    pair(tmp_path, 6.0)
    test = listening_test(tmp_path, ())
    with Sitting.open(test, "Dora") as sitting:
        sitting.leave_out_training()
    with pytest.raises(CompareError, match="has no listener who has finished"):
        read_any(test.folder)
    from evidence_files import sit

    sit(test, "Ann", {"reference": 100, HALF: 90, BENT: 50})
    found = read_any(test.folder)
    assert "1 listeners of listen have not finished, and are left out" in found.notes
    assert sum(name.startswith("listeners/") for name, _ in found.files) == 1
    path = test.folder / "listeners" / "Ann.json"
    path.write_bytes(as_written(another_score_of(read_json(path))))
    with pytest.raises(CompareError, match="cannot be evidence"):
        read_any(test.folder)


def another_score_of(data):
    next(each for each in data["events"] if each["what"] == "rated")["score"] = 1
    return data
