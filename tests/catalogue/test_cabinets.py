"""Cabinets in the library: indexed beside the models, found, alike, darker, twins; and files that are none."""

from __future__ import annotations

import json
import sqlite3

import numpy as np
import pytest
import soundfile as sf
from bad_cabinets import BAD, write_all
from commandline import called
from made_cabinets import RATE, make_cabinets, tilted
from made_library import make_library

from rig.audio import wav
from rig.cabinet.ir import IR
from rig.catalogue import entry
from rig.catalogue.cabinets.exact import Exact, apart_db, difference
from rig.catalogue.cabinets.fingerprint import weighted
from rig.catalogue.cabinets.response_file import described, loaded
from rig.catalogue.cabinets.twins import CANDIDATE_DB, TWIN_DB, are_twins
from rig.catalogue.index import Index
from rig.catalogue.library import Library
from rig.catalogue.scanning import readers
from rig.errors import ArgumentError, CompareError, IRError

COUNT, ANCESTORS = 60, 6


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    made = make_cabinets(folder / "cabs", COUNT, ANCESTORS, seed=2)
    library = Library(folder / "index.sqlite")
    library.scan(folder / "cabs", workers=1)
    yield library, made, folder
    library.close()


@pytest.fixture
def cabs(tmp_path):
    """A folder of its own, with four."""
    folder = tmp_path / "cabs"
    make_cabinets(folder, 4, 4, seed=9)
    return folder


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path / "index.sqlite") as library:
        yield library


def names(found):
    return [cabinet.path.name for cabinet in found]


def test_all_are_indexed_with_their_facts_and_nothing_is_read_twice(small):
    library, made, folder = small
    assert len(library.cabinets) == COUNT and not library.models
    late = next(each for each in made if each.what == "late")
    facts = library.find_cabinets(late.path.stem)[0].facts
    audio = wav.read(late.path)
    assert (facts.sample_rate_hz, facts.channels, facts.samples) == (RATE, 1, len(audio.samples))
    assert (facts.coding, facts.duration_ms) == ("PCM_24", pytest.approx(1000 * len(audio.samples) / RATE))
    assert facts.peak_ms == pytest.approx(1000 * np.abs(audio.samples[:, 0]).argmax() / RATE)
    assert library.scan(folder / "cabs", workers=1).read == 0


def test_all_twins_are_found_and_nothing_else(small):
    library, made, _ = small
    groups = {each.path.name: each.group for each in made}
    found = {frozenset(names(pair[:2])): pair[2] for pair in library.twin_cabinets()}
    wanted = {frozenset((a.path.name, b.path.name)) for i, a in enumerate(made) for b in made[:i] if a.group == b.group}
    assert set(found) == wanted and len(wanted) > 60
    assert all(len({groups[name] for name in pair}) == 1 for pair in found)
    assert max(apart.apart_db for apart in found.values()) < TWIN_DB / 2


def test_the_relatives_come_first(small):
    library, made, _ = small
    for each in made[::7]:
        near = library.like_cabinet(each.path, 5)
        mine = sum(name.startswith(each.path.name[:7]) for name in names(near))
        assert mine >= 4, each.path.name
        assert [cabinet.distance_db for cabinet in near] == sorted(cabinet.distance_db for cabinet in near)


@pytest.mark.parametrize(("tilt", "sign"), [("darker", -1), ("brighter", 1)])
def test_darker_and_brighter_find_the_same_character_with_another_slope(cabs, library, tilt, sign):
    y = wav.read(cabs / "cab-000-000 itself.wav").samples[:, 0]
    for by in (0.1, 0.8, 1.6, 4.0):
        for way in (-1, 1):
            x = tilted(y, way * by)
            wav.write(cabs / f"tilted {way * by:+.1f}.wav", 0.9 * x / np.abs(x).max(), RATE)
    library.scan(cabs, workers=1)
    found = library.like_cabinet(cabs / "cab-000-000 itself.wav", 20, tilt=tilt)
    assert set(names(found)[:2]) == {f"tilted {sign * by:+.1f}.wav" for by in (0.8, 1.6)}
    assert not {f"tilted {way * by:+.1f}.wav" for way in (-1, 1) for by in (0.1, 4.0)} & set(names(found))
    for cabinet in found:
        assert 0.3 <= sign * cabinet.tilt_db <= 3.0
    by_name = {cabinet.path.name: cabinet for cabinet in found}
    assert by_name[f"tilted {sign * 0.8:+.1f}.wav"].tilt_db == pytest.approx(sign * 0.8, abs=0.1)
    assert by_name[f"tilted {sign * 0.8:+.1f}.wav"].distance_db < 0.5
    assert all(cabinet.distance_db > 0.5 for cabinet in found[2:])


def test_a_cabinet_that_is_in_no_folder_and_one_in_memory_are_found_by_what_they_do(small, tmp_path):
    library, _, folder = small
    y = wav.read(folder / "cabs" / "cab-004-000 itself.wav").samples[:, 0]
    wav.write(tmp_path / "stray.wav", -0.3 * np.pad(y, (50, 0)), RATE)
    first = library.like_cabinet(tmp_path / "stray.wav", 1)[0]
    assert first.path.name.startswith("cab-004-") and first.distance_db < 0.05
    assert library.like_cabinet(IR.load(tmp_path / "stray.wav", 44100), 1)[0].path.name.startswith("cab-004-")


def test_words_find(small):
    library, made, _ = small
    assert len(library.find_cabinets("cab-001")) == COUNT // ANCESTORS
    assert set(names(library.find_cabinets("stereo"))) == {e.path.name for e in made if e.what == "two channels"}
    assert library.find_cabinets("greenback") == [] and library.suggest_cabinets("tiltd") == "tilted"
    assert len(library.find_cabinets("96000 float", 2)) == 2


def test_models_and_cabinets_lie_side_by_side_and_neither_is_taken_for_the_other(cabs, library):
    make_library(cabs, 3, 3, seed=1)
    found = library.scan(cabs, workers=1)
    assert (found.found, found.played, len(library.models), len(library.cabinets)) == (7, 7, 3, 4)
    assert len(library.find()) == 3 and len(library.find_cabinets()) == 4
    assert len(library.map()[0]) == 3 and len(library.map_cabinets()[0]) == 4
    assert library.twin_cabinets() == []


def test_what_moved_or_was_copied_costs_its_hash(cabs, library):
    library.scan(cabs, workers=1)
    (cabs / "cab-000-000 itself.wav").rename(cabs / "v30.wav")
    (cabs / "twice.wav").write_bytes((cabs / "cab-001-000 itself.wav").read_bytes())
    (cabs / "cab-002-000 itself.wav").unlink()
    found = library.scan(cabs, workers=1)
    assert (found.read, found.played, found.gone) == (2, 0, 2)
    assert "v30.wav" in names(library.cabinets.values()) and len(library.cabinets) == 3
    assert len(library.copied_cabinets()[0].paths) == 2
    assert library.twin_cabinets() == []  # the same file twice is a copy


def test_files_that_are_no_cabinet_are_listed_with_their_reason_and_the_rest_goes_on(cabs, library):
    write_all(cabs)
    rng, t = np.random.default_rng(0), np.arange(5 * RATE) / RATE
    wav.write(cabs / "take-dry.wav", 0.3 * rng.standard_normal(len(t)), RATE)
    sf.write(cabs / "sweep.wav", 0.5 * np.sin(2 * np.pi * 20 * 5 / 6.9 * (np.exp(t / 5 * 6.9) - 1)), RATE, "PCM_24")
    sf.write(cabs / "one sample.wav", np.array([0.5]), RATE, "PCM_16")
    (cabs / "nowhere.wav").symlink_to(cabs / "gone.wav")
    found = library.scan(cabs, workers=1)
    assert len(library.cabinets) == 4
    told = {sentence.split(":")[0]: sentence for sentence in found.no_cabinets}
    for name in (*BAD, "take-dry.wav", "sweep.wav", "one sample.wav"):
        assert name in told and told[name].endswith("."), name
    assert "a recording, or a sweep" in told["take-dry.wav"] and "a recording, or a sweep" in told["sweep.wav"]
    assert "a recording" in told["a song.wav"] and "a single sample" in told["one sample.wav"]
    assert len(found.problems) == 1 and "nowhere.wav" in found.problems[0]
    assert library.scan(cabs, workers=1).read == 0  # nor are they looked at again


@pytest.mark.parametrize(
    ("subtype", "rate"),
    [("PCM_16", 8000), ("PCM_24", 22050), ("PCM_32", 44056), ("FLOAT", 95999), ("DOUBLE", 192000), ("PCM_U8", 96000)],
)
def test_every_depth_and_odd_rate_is_read(tmp_path, subtype, rate):
    t = np.arange(round(0.05 * rate)) / rate
    sf.write(tmp_path / "odd.wav", 0.5 * np.exp(-t / 0.002) * np.sin(2 * np.pi * 700 * t + 1), rate, subtype)
    ir, coding = loaded(tmp_path / "odd.wav")
    facts, vector = described(ir, coding)
    assert (facts.sample_rate_hz, facts.coding) == (rate, subtype) and np.isfinite(vector).all()
    assert np.isfinite(Exact.of(ir).curves_db).all()
    assert facts.centre_hz == pytest.approx(700, rel=0.3)


def test_a_huge_recording_costs_its_header(cabs, library, monkeypatch):
    with sf.SoundFile(cabs / "concert.wav", "w", 8000, 1, "PCM_16") as file:
        file.write(np.zeros(8000 * 31, np.int16))
    with (cabs / "concert.wav").open("r+b") as file:  # two hours, all of it holes
        size = 2 * 8000 * 7200
        file.truncate(44 + size)
        for at, value in ((4, 36 + size), (40, size)):
            file.seek(at)
            file.write(value.to_bytes(4, "little"))
    hashed = []
    genuine = entry.sha256_of
    monkeypatch.setattr(entry, "sha256_of", lambda path: hashed.append(path.name) or genuine(path))
    found = library.scan(cabs, workers=1)
    assert "concert.wav: a recording of 120:00 min" in found.no_cabinets[0] and len(found.no_cabinets) == 1
    assert len(hashed) == 4 and "concert.wav" not in hashed


def test_one_that_changes_or_goes_away_meanwhile_is_said(cabs, library, monkeypatch):
    genuine = readers.read_here

    def meanwhile(path):
        result = genuine(path)
        if path.name.startswith("cab-000"):
            path.unlink()
        if path.name.startswith("cab-001"):
            path.write_bytes(path.read_bytes() + b"\0")
        return result

    monkeypatch.setattr(readers, "read_here", meanwhile)
    found = library.scan(cabs, workers=1)
    told = " ".join((*found.problems, *found.no_cabinets))
    assert "cab-000-000 itself.wav went away" in told and "cab-001-000 itself.wav changed while it was read" in told
    monkeypatch.setattr(readers, "read_here", genuine)
    assert library.scan(cabs, workers=1).read == 1 and len(library.cabinets) == 3


def test_twins_whose_file_is_gone_since_the_scan_are_left_out(cabs, library):
    y = wav.read(cabs / "cab-000-000 itself.wav").samples
    for name in ("softer.wav", "softer still.wav"):
        wav.write(cabs / name, (0.1 if "still" in name else 0.5) * y, RATE)
    library.scan(cabs, workers=1)
    (cabs / "softer.wav").unlink()
    assert [set(names(pair[:2])) for pair in library.twin_cabinets()] == [
        {"cab-000-000 itself.wav", "softer still.wav"}
    ]


def test_an_index_without_cabinets_becomes_one_with_them_and_loses_nothing(cabs, tmp_path):
    make_library(cabs, 3, 3, seed=1)
    path = tmp_path / "index.sqlite"
    with Library(path) as library:
        library.scan(cabs, workers=1)
    with sqlite3.connect(path) as database:  # as schema 1 was
        database.execute("DROP TABLE cabinets")
        database.execute("DELETE FROM files WHERE path NOT LIKE '%.nam'")
        database.execute("DELETE FROM about WHERE key = 'cabinet_fingerprint'")
        database.execute("UPDATE about SET value = 1 WHERE key = 'schema'")
        kept = database.execute("SELECT * FROM models").fetchall()
    with Library(path) as library:
        assert len(library.models) == 3 and not library.cabinets
        found = library.scan(cabs, workers=1)
        assert (found.read, found.unchanged) == (4, 3) and len(library.cabinets) == 4
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT * FROM models").fetchall() == kept
        assert database.execute("SELECT value FROM about WHERE key = 'schema'").fetchone() == (2,)


def test_after_a_change_of_the_fingerprint_cabinets_are_read_anew_and_models_are_not(cabs, tmp_path):
    make_library(cabs, 3, 3, seed=1)
    path = tmp_path / "index.sqlite"
    with Library(path) as library:
        library.scan(cabs, workers=1)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE about SET value = 0 WHERE key = 'cabinet_fingerprint'")
    with Library(path) as library:
        assert len(library.models) == 3 and not library.cabinets
        found = library.scan(cabs, workers=1)
        assert (found.played, found.unchanged) == (4, 3)


def test_what_is_no_cabinet_is_like_nothing_and_an_empty_library_says_so(small, library, tmp_path):
    full, _, folder = small
    wav.write(tmp_path / "take.wav", 0.3 * np.random.default_rng(0).standard_normal(RATE), RATE)
    with pytest.raises(IRError, match=r"take\.wav: half of its energy is spread over"):
        full.like_cabinet(tmp_path / "take.wav")
    with pytest.raises(IRError, match="no such file"):
        full.like_cabinet(tmp_path / "none.wav")
    with pytest.raises(ArgumentError, match="takes darker or brighter, not 'louder'"):
        full.like_cabinet(folder / "cabs" / "cab-000-000 itself.wav", tilt="louder")
    for search in (library.twin_cabinets, library.map_cabinets):
        with pytest.raises(CompareError, match="holds no cabinet yet; scan a folder first"):
            search()


def test_by_the_command_line(small, tmp_path, capsys):
    _, _, folder = small
    index, one = ("--index", folder / "index.sqlite"), folder / "cabs" / "cab-002-000 itself.wav"
    found = called(capsys, "library", "find", "cab-002", "--cabinets", *index)
    assert found.returncode == 0 and found.stdout.count("cab-002") == COUNT // ANCESTORS
    like = called(capsys, "library", "like", one, *index)
    assert like.returncode == 0 and "apart dB" in like.stdout and "cab-002" in like.stdout.splitlines()[1]
    told = json.loads(called(capsys, "library", "like", one, "--darker", "--json", "--most", 3, *index).stdout)
    assert all(each["tilt_db"] <= -0.3 for each in told) and len(told) == 3
    twins = called(capsys, "library", "twins", "--cabinets", *index)
    assert twins.returncode == 0 and "pairs of others sound the same" in twins.stdout
    assert "0.00 dB apart" in twins.stdout
    drawn = called(capsys, "library", "map", "--cabinets", tmp_path / "map.svg", *index)
    assert drawn.returncode == 0 and f"{COUNT} cabinets" in drawn.stdout and (tmp_path / "map.svg").stat().st_size
    for wrong, says in (
        (["find", "--cabinets", "--under", 3], "--under is for models"),
        (["like", "x.nam", "--darker"], "are for cabinets"),
        (["map", "--cabinets"], "Name the picture to draw"),
        (["find", "--cabinets", "greenback"], "Nothing was found"),
    ):
        done = called(capsys, "library", *wrong, *index)
        assert done.returncode == 2 and says in done.stderr


def test_two_workers_find_what_one_finds(small, tmp_path):
    library, _, folder = small
    with Library(tmp_path / "other.sqlite") as other:
        other.scan(folder / "cabs", workers=2)
        assert {h: c.facts for h, c in other.cabinets.items()} == {h: c.facts for h, c in library.cabinets.items()}


def test_a_killed_scan_leaves_an_index_that_is_whole(cabs, tmp_path, monkeypatch):
    genuine = readers.read_here
    read = []

    def killed(path):
        if len(read) == 2:
            raise KeyboardInterrupt
        read.append(path)
        return genuine(path)

    with Library(tmp_path / "index.sqlite") as library:
        monkeypatch.setattr(readers, "read_here", killed)
        with pytest.raises(KeyboardInterrupt):
            library.scan(cabs, workers=1)
        monkeypatch.setattr(readers, "read_here", genuine)
        assert library.scan(cabs, workers=1).played == 2 and len(library.cabinets) == 4


# ---------------------------------------------------------------- the long proof
@pytest.mark.soak
def test_of_four_hundred_cabinets_twins_are_found_and_the_nearest_comes_first(tmp_path, capsys):
    """Truth: all pairs by the exact difference of their responses, channel by channel, in dB."""
    made = make_cabinets(tmp_path / "cabs", 400, 40, seed=31)
    with Library(tmp_path / "index.sqlite") as library:
        found = library.scan(tmp_path / "cabs")
        assert not found.problems and not found.no_cabinets
        by_name = {cabinet.path.name: cabinet for cabinet in library.cabinets.values()}
        twins = {frozenset(names(pair[:2])) for pair in library.twin_cabinets()}
        with Index(tmp_path / "index.sqlite") as index:
            rows = dict(index.rows("SELECT sha256, fingerprint FROM cabinets"))
    responses = [Exact.of(loaded(each.path)[0]) for each in made]
    points = weighted(np.array([np.frombuffer(rows[by_name[each.path.name].sha256], "<f4") for each in made]))
    count = len(made)
    exact = np.full((count, count), np.inf)
    for i in range(count):
        for j in range(i):
            exact[i, j] = exact[j, i] = apart_db(responses[i], responses[j])
    close = np.linalg.norm(points[:, None] - points[None], axis=2)
    group = np.array([each.group for each in made])
    same = (group[:, None] == group[None]) & ~np.eye(count, dtype=bool)
    wanted = {frozenset((made[i].path.name, made[j].path.name)) for i, j in np.argwhere(same)}
    by_truth = {  # whatever nobody tells apart, of one group or not
        frozenset((made[i].path.name, made[j].path.name))
        for i, j in np.argwhere(exact <= TWIN_DB)
        if i < j and are_twins(difference(responses[i], responses[j]))
    }
    np.fill_diagonal(close, np.inf)
    shares, least = {}, {}
    for kind, near, far in (
        ("all", exact, close),
        ("without twins", np.where(same, np.inf, exact), np.where(same, np.inf, close)),
    ):
        truly = near.argmin(1)
        rank = (far < far[np.arange(count), truly][:, None]).sum(1)
        shares[kind] = [float((rank < k).mean()) for k in (1, 10, 50)]
        least[kind] = np.percentile(near.min(1), [10, 50, 90]).round(2)
    with capsys.disabled():
        print(f"\n{len(wanted)} pairs of twins, {len(twins)} found; first 1/10/50: {shares}; nearest, dB: {least}")
    assert twins == by_truth and wanted <= twins
    assert all(len({name[:7] for name in pair}) == 1 for pair in twins)
    assert close[same].max() < CANDIDATE_DB / 2
    for kind in shares:
        assert shares[kind][1] >= 0.95 and shares[kind][2] >= 0.99
