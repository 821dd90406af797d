"""The training folder: its owner's alone, and nothing is found in it but what was offered, whole and by its hash."""

from __future__ import annotations

import json
import os
import stat

import pytest
from offered import published, weighted

from rig.errors import TrainingError
from rig.library import trained_offers
from rig.library.trained_offers import MOST_POINTS, find, is_offered, publish, thinned, training_folder


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def test_what_is_published_is_found_by_name_and_hash(tmp_path):
    seconds, esrs = (1.0, 2.5), (0.5, 0.25)
    offered = publish(weighted(tmp_path, 0.5), "mine-nano", 12, 0.25, seconds=seconds, esrs=esrs)
    assert find(f"mine-nano {offered.sha256}") == offered
    assert offered.text == "mine-nano epoch 12, ESR 0.25"
    folder = training_folder()
    assert sorted(path.name for path in folder.iterdir()) == ["mine-nano.json", "mine-nano.nam"]
    assert is_offered(folder / "mine-nano.nam")
    assert not is_offered(tmp_path / "mine-nano.nam")


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_the_folder_is_its_owners_alone():
    folder = training_folder()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o777)
    assert stat.S_IMODE(training_folder().stat().st_mode) == 0o700


def test_a_link_and_a_file_in_the_place_of_the_folder_are_refused(tmp_path):
    place = training_folder()
    place.rmdir()
    (tmp_path / "elsewhere").mkdir()
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TrainingError, match="is a link or a file"):
        training_folder()
    place.unlink()
    place.write_text("")
    with pytest.raises(TrainingError, match="is a link or a file"):
        publish(weighted(tmp_path, 0.5), "mine", 1, 0.5)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_what_is_published_is_its_owners_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        text = published(tmp_path, "mine", 1, 0.5)
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in training_folder().iterdir()} == {0o600}
    assert find(text).epoch == 1


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize("name", ["mine.nam", "mine.json"])
def test_a_file_that_others_can_write_is_refused_though_its_hash_is_right(tmp_path, name):
    text = published(tmp_path, "mine", 1, 0.5)
    path = training_folder() / name
    for mode in (0o620, 0o602):
        path.chmod(mode)
        with pytest.raises(TrainingError, match=f"{name}: another user can have written it"):
            find(text)
    path.chmod(0o644)
    assert find(text).epoch == 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("name", ["mine.nam", "mine.json"])
def test_a_file_of_another_user_is_refused_though_its_hash_is_right(tmp_path, name):
    text = published(tmp_path, "mine", 1, 0.5)
    os.chown(training_folder() / name, 12345, -1)
    with pytest.raises(TrainingError, match=f"{name}: another user can have written it"):
        find(text)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="users of POSIX")
def test_the_folder_of_another_user_is_refused(monkeypatch):
    training_folder()
    monkeypatch.setattr(trained_offers.os, "getuid", lambda: os.geteuid() + 1)
    with pytest.raises(TrainingError, match="belongs to another user"):
        training_folder()


@pytest.mark.parametrize(
    "name", ["../mine", "/etc/passwd", "a/b", "a\\b", "C:mine", ".mine", "~mine", "x" * 101, "a\nb", "a*"]
)
def test_a_path_is_refused(name):
    with pytest.raises(TrainingError, match=r"no bare name .* a path is never taken"):
        find(f"{name} {'0' * 64}")
    with pytest.raises(TrainingError, match="a path is never taken"):
        trained_offers._checked(name)


@pytest.mark.parametrize("text", ["", "mine", "mine 123", f"mine {'g' * 64}", f"mine {'A' * 64}", "0" * 64 + "0"])
def test_what_is_no_name_and_hash_is_refused(text):
    with pytest.raises(TrainingError, match="An offer is NAME SHA256"):
        find(text)


def test_a_missing_file_a_link_and_other_content_are_refused(tmp_path):
    text = published(tmp_path, "mine", 1, 0.5)
    path = training_folder() / "mine.nam"
    with pytest.raises(TrainingError, match="there is no such model"):
        find(text.replace("mine", "yours"))
    with pytest.raises(TrainingError, match="is not what was offered"):
        find(f"mine {'0' * 64}")
    content = path.rename(tmp_path / "elsewhere.nam")
    path.symlink_to(content)
    with pytest.raises(TrainingError, match="it is a link"):
        find(text)
    path.unlink()
    path.mkdir()
    with pytest.raises(TrainingError, match=r"mine.nam: is no file|cannot be read"):
        find(text)


def test_figures_that_are_damaged_or_of_another_epoch_are_refused(tmp_path):
    text = published(tmp_path, "mine", 1, 0.5)
    figures = training_folder() / "mine.json"
    good = json.loads(figures.read_text())
    for wrong in (
        *({"esr": -1}, {"esr": "good"}, {"epoch": 1.5}, {"schema": 2}, {"esrs": [1, 2]}, {"esrs": ["x"]}),
        *({"seconds": None}, {"esrs": [0.1] * (MOST_POINTS + 1)}, {"repeatability_esr": []}, {"sha256": 3}),
    ):
        figures.write_text(json.dumps(good | wrong))
        with pytest.raises(TrainingError, match="cannot be read"):
            find(text)
    figures.write_text(json.dumps(good | {"sha256": "0" * 64}))
    with pytest.raises(TrainingError, match="of another epoch"):
        find(text)
    figures.unlink()
    with pytest.raises(TrainingError, match="no figures"):
        find(text)


def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    text = published(tmp_path, "mine", 1, 0.5)
    monkeypatch.setattr(trained_offers, "MAX_BYTES", 1000)
    with pytest.raises(TrainingError, match="has more than"):
        find(text)


def test_a_long_curve_is_thinned_and_keeps_its_end():
    esrs = [1 / (k + 1) for k in range(1234)]
    x, y = thinned([float(k) for k in range(1234)], esrs)
    assert len(x) == len(y) == MOST_POINTS
    assert (x[-1], y[-1]) == (1233.0, esrs[-1])
    assert list(x) == sorted(set(x))
    assert thinned([], []) == ((), ())
