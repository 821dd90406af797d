"""Whether what sounds alike is found: among models made by arithmetic, against all pairs on a guitar."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from all_pairs import all_pairs
from made_library import make_library
from places import SHARED
from recalled import recalled

from rig.audio.wav import write
from rig.catalogue.library import Library
from rig.catalogue.likeness import esr_between, guitar, heard
from rig.catalogue.pair_search import landmarks, search_pair
from rig.catalogue.twins import groups
from rig.catalogue.words import Wanted
from rig.errors import CompareError, ModelError
from rig.nam import load_model

REFERENCE = SHARED / "reference"
MOST_BENT = 5  # of the eight ancestors drawn below


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    make_library(folder / "models", 24, 8, seed=11, spread=(0.1, 1.0))
    library = Library(folder / "index.sqlite")
    library.scan(folder / "models", workers=1)
    yield library, folder
    library.close()


def test_the_truly_nearest_model_is_among_the_first(small):
    library, _ = small
    models = list(library.models.values())
    errors = all_pairs([heard(load_model(model.path)) for model in models])
    hits = 0
    for model, nearest in zip(models, errors.argmin(1), strict=True):
        hits += models[nearest].path.name in [near.path.name for near in library.like(model.path, 4)]
    assert hits >= 18  # of 24, where 4 would be there by chance


def test_a_model_that_is_in_no_folder_is_found_by_what_it_does(small, tmp_path):
    library, folder = small
    stray = json.loads((folder / "models" / "made-005-001.nam").read_text()) | {"metadata": {"name": "stray"}}
    path = tmp_path / "stray.nam"
    path.write_text(json.dumps(stray))
    first = library.like(path, 3)[0]
    assert first.path.name == "made-005-001.nam" and first.distance < 1e-3


def test_twins_are_different_files_that_nobody_tells_apart(small, tmp_path):
    _, folder = small
    again = tmp_path / "models"
    again.mkdir()
    one = json.loads((folder / "models" / f"made-{MOST_BENT:03d}-000.nam").read_text())
    (again / "one.nam").write_text(json.dumps(one))
    (again / "other-words.nam").write_text(json.dumps(one | {"metadata": {"name": "another name"}}))
    louder = json.loads(json.dumps(one))
    behind = louder["config"]["models"][-1]
    behind["weights"] = [-1.7 * weight for weight in behind["weights"]]
    (again / "louder-and-inverted.nam").write_text(json.dumps(louder))
    driven = json.loads(json.dumps(one))
    front = driven["config"]["models"][0]
    front["weights"] = [2.0 * weight for weight in front["weights"]]
    (again / "driven.nam").write_text(json.dumps(driven))
    one_and_driven = [heard(load_model(again / name)) for name in ("one.nam", "driven.nam")]
    assert esr_between(*one_and_driven) > 0.02
    with Library(tmp_path / "index.sqlite") as twins:
        twins.scan(again, workers=1)
        found = {frozenset((a.path.name, b.path.name)): esr for a, b, esr in twins.twins()}
    same = ["one.nam", "other-words.nam", "louder-and-inverted.nam"]
    assert set(found) == {frozenset((a, b)) for i, a in enumerate(same) for b in same[i + 1 :]}
    assert max(found.values()) < 1e-6
    assert groups([]) == []


def test_the_gear_of_a_recording_pair_is_found_with_its_esr(small, tmp_path):
    library, folder = small
    x = np.concatenate([guitar(), guitar()])
    rng = np.random.default_rng(2)
    for name in ("made-002-001.nam", "made-006-000.nam"):
        wet = -0.5 * heard(load_model(folder / "models" / name), x).astype(np.float64)
        wet = np.concatenate([np.zeros(33), wet[:-33]]) + 0.01 * wet.std() * rng.standard_normal(len(wet))
        write(tmp_path / "dry.wav", x, 48000, overwrite=True)
        write(tmp_path / "wet.wav", wet / max(1.0, 1.2 * np.abs(wet).max()), 48000, overwrite=True)
        first, second = library.like_pair(tmp_path / "dry.wav", tmp_path / "wet.wav", 2)
        assert first.path.name == name
        assert first.esr < 0.01 < second.esr


def test_words_and_facts_find(small):
    library, _ = small
    assert len(library.find("made-001")) == 3
    assert len(library.find("MODELS 001-002")) == 1
    assert library.find("made", Wanted(has_input_level=True)) == []
    assert len(library.find("", Wanted(most_macs=1e9))) == 24
    assert library.find("plexi") == []


def test_what_cannot_be_played_is_like_nothing_and_an_empty_library_says_so(small, tmp_path):
    library, _ = small
    (tmp_path / "broken.nam").write_text("{}")
    with pytest.raises(ModelError):
        library.like(tmp_path / "broken.nam")
    with Library(tmp_path / "empty.sqlite") as empty, pytest.raises(CompareError, match="scan a folder first"):
        empty.near(np.zeros(220, np.float32))


def test_a_search_by_a_pair_looks_at_few_and_finds_the_best():
    class Points:
        """Fingerprints in two dimensions, where the error is the distance."""

        def __init__(self, points):
            self.points, self.hashes = points, [str(i) for i in range(len(points))]

        def __len__(self):
            return len(self.points)

        def neighbours(self, place, within, count):
            apart = np.linalg.norm(self.points - self.points[place], axis=1)
            return [int(i) for i in np.argsort(apart)[1 : count + 1]]

    rng = np.random.default_rng(4)
    points = Points(rng.uniform(-1, 1, (5000, 2)))
    tried = []

    def errors(places):
        tried.extend(places)
        return {place: float(np.linalg.norm(points.points[place] - (0.3, -0.2))) for place in places}

    best = search_pair(points, errors, 5)
    wanted = np.argsort(np.linalg.norm(points.points - (0.3, -0.2), axis=1))[:5]
    assert [place for place, _ in best] == wanted.tolist()
    assert len(tried) == len(set(tried)) < 600
    assert len(set(landmarks(points, 30))) == 30


# Models that cost little to play, each in one of the ancestors below.
TRAINED = ("community_feather_8_4", "community_lite_12_6", "core_wavenet", "core_lstm", "core_slimmable_wavenet")
TRAINED += ("core_wavenet_condition_dsp",)


def reference_cores():
    return [json.loads((REFERENCE / "models" / f"{name}.nam").read_text()) for name in TRAINED]


@pytest.mark.soak
@pytest.mark.parametrize("seed", [101, 102])
def test_the_nearest_is_among_the_first_ten_of_three_hundred(tmp_path, capsys, seed):
    """Truth: all pairs on a guitar that is not the probe, lag, polarity and gain taken out."""
    cores = reference_cores() if REFERENCE.is_dir() else []
    make_library(tmp_path / "models", 300, 44, seed, cores=cores, twins=14)
    with Library(tmp_path / "index.sqlite") as library:
        library.scan(tmp_path / "models")
        found = recalled(library)
        made = [library.models[sha256].path.name.startswith("made") for sha256 in library.fingerprints.hashes]
    with capsys.disabled():
        print(f"\n{found}")
    assert len(found.ranks) >= 300
    assert 0.03 <= np.median(found.errors[np.ix_(made, made)].min(1)) <= 0.3
    assert found.share_within(10) >= 0.85 and found.share_within(50) >= 0.95
    assert found.twins >= 14 and found.missed_twins == 0 and found.false_twins == 0


def test_a_folder_of_reference_models_is_scanned(tmp_path):
    if not REFERENCE.is_dir():
        pytest.skip("no reference models here")
    with Library(tmp_path / "index.sqlite") as library:
        found = library.scan(Path(REFERENCE / "models"), workers=1)
        assert len(library.models) + len(found.problems) == found.found
        assert len(library.models) >= 14
