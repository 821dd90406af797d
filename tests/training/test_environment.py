"""The official trainer's environment: found where it was set up, or named; and what cannot be used is refused."""

from __future__ import annotations

import shutil
import time

import pytest
from small_trainer import bare_environment, give

from rig.errors import TrainingError
from rig.files.paths import data_folder
from rig.training.environment import find_trainer
from rig.training.installing.places import MARK, folder_of, mark_complete, wheels_folder

GOOD = {"torch": "2.13.0", "neural_amp_modeler": "0.13.0", "pytorch_lightning": "2.6.1"}


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """The Python of an environment of the user's, of which each test says what it has."""
    return bare_environment(tmp_path_factory.mktemp("named") / "environment")


@pytest.fixture
def own(tmp_path, monkeypatch, named):
    """The folder of an environment under rig's data that was set up to its end, by the lock of this rig."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = folder_of("cpu")
    shutil.copytree(named.parent.parent, folder / "environment-1", symlinks=True)
    give(folder / "environment-1/bin/python", **{**GOOD, "torch": "2.13.0+cpu"})
    mark_complete(folder, folder / "environment-1", "cpu")
    return folder


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def refused(python=None, **options):
    with pytest.raises(TrainingError) as error:
        find_trainer(python, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_was_set_up_is_found_with_its_versions(own):
    trainer = find_trainer()
    assert trainer.python == own / "environment-1/bin/python"
    assert trainer.versions["torch"] == "2.13.0+cpu"
    assert trainer.versions["neural-amp-modeler"] == "0.13.0"
    assert trainer.versions["pytorch-lightning"] == "2.6.1"
    assert trainer.versions["python"].startswith("3.")
    assert trainer.notes == ()


def test_without_a_trainer_the_way_to_one_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert "is not set up: run `rig train --set-up`" in refused()
    assert not data_folder().exists()  # looking for it makes nothing


def test_one_without_its_mark_is_half_made(own):
    (own / MARK).unlink()
    assert "half made: run `rig train --set-up`" in refused()


def test_one_of_which_only_files_were_fetched_is_half_made(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    wheels_folder().mkdir(parents=True)
    assert "half made" in refused()


@pytest.mark.parametrize("mark", ["", "{", "[]", '{"schema": 2}', '{"schema": 1, "environment": "../../elsewhere"}'])
def test_a_mark_that_is_damaged_is_none(own, mark):
    (own / MARK).write_text(mark)
    assert "half made" in refused()


def test_a_mark_that_names_a_folder_elsewhere_is_none(own):
    text = (own / MARK).read_text()
    (own / MARK).write_text(text.replace("environment-1", "../cpu/environment-1"))
    assert "half made" in refused()


def test_one_of_another_lock_has_to_be_set_up_again(own):
    lock = folder_of("cpu").name.removeprefix("cpu-")
    (own / MARK).write_text((own / MARK).read_text().replace(f'"{lock}', f'"{lock[::-1]}'))
    assert "another version of rig" in refused() and "--set-up" in refused()


def test_one_whose_python_was_removed_says_so(own):
    (own / "environment-1/bin/python").unlink()
    assert "lost its Python" in refused() and "--set-up" in refused()


@pytest.mark.parametrize(
    ("name", "version"), [("neural_amp_modeler", "0.13.1"), ("torch", "2.12.0"), ("pytorch_lightning", "2.6.0")]
)
def test_our_own_has_the_locked_versions_or_was_changed(own, name, version):
    give(own / "environment-1/bin/python", **{**GOOD, name: version})
    said = refused()
    assert "was changed" in said and f"{name.replace('_', '-')} {version}" in said and "--set-up" in said


def test_a_package_that_our_own_has_lost_is_named(own):
    give(own / "environment-1/bin/python", torch="2.13.0", pytorch_lightning="2.6.1")
    assert "neural-amp-modeler no more in place of 0.13.0" in refused()


# ------------------------------------------------------------ an environment of the user's own
def test_one_of_the_users_own_is_taken_as_it_is(named, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))  # where there is none
    give(named, **GOOD)
    trainer = find_trainer(named)
    assert trainer.python == named and trainer.notes == ()


def test_what_differs_from_what_was_tested_is_a_note(named):
    give(named, torch="2.9.1+cu130", neural_amp_modeler="0.13.2", pytorch_lightning="2.5.0")
    trainer = find_trainer(named)
    assert trainer.versions["torch"] == "2.9.1+cu130"
    assert [note.partition(";")[0] for note in trainer.notes] == [
        "neural-amp-modeler is 0.13.2",
        "torch is 2.9.1+cu130",
        "pytorch-lightning is 2.5.0",
    ]


@pytest.mark.parametrize("version", ["0.12.1", "0.14.0", "1.0.0"])
def test_a_trainer_of_another_version_is_refused_with_the_one_expected(named, version):
    give(named, **{**GOOD, "neural_amp_modeler": version})
    assert f"has neural-amp-modeler {version}, expected 0.13.0" in refused(named)


@pytest.mark.parametrize("version", ["2.6.2", "2.6.3"])
@pytest.mark.parametrize("name", ["pytorch_lightning", "lightning"])
def test_a_compromised_lightning_is_named_and_refused(named, own, name, version):
    for python, chosen in ((named, named), (own / "environment-1/bin/python", None)):
        give(python, **{**GOOD, name: version})
        said = refused(chosen)
        assert f"{name.replace('_', '-')} {version}, a compromised release" in said and "2.6.1" in said


def test_a_lightning_that_the_trainer_does_not_admit_is_refused(named):
    give(named, **{**GOOD, "pytorch_lightning": "2.7.0"})
    assert "pytorch-lightning 2.7.0, expected 2.6.1 at most" in refused(named)


def test_an_environment_without_the_trainer_is_refused(named):
    give(named, torch="2.13.0")
    assert "has no neural-amp-modeler, the official trainer" in refused(named)


@pytest.mark.parametrize("lost", ["torch", "pytorch_lightning"])
def test_an_environment_without_what_the_trainer_needs_is_refused(named, lost):
    give(named, **{name: version for name, version in GOOD.items() if name != lost})
    assert f"but not the {lost.replace('_', '-')} that it needs" in refused(named)


# ------------------------------------------------------------ what is no Python
def test_a_path_that_leads_nowhere_is_refused(tmp_path):
    assert "there is no such file" in refused(tmp_path / "python")


def test_a_folder_is_refused_with_the_python_in_it(named, tmp_path):
    assert f"is a folder, and no Python: name {named}" in refused(named.parent.parent)
    assert "ENVIRONMENT/bin/python" in refused(tmp_path)


def test_a_file_that_is_no_program_is_refused(tmp_path):
    path = tmp_path / "python"
    path.write_text("take")
    assert "cannot be started" in refused(path)
    path.chmod(0o755)
    assert "cannot be started" in refused(path)


@pytest.mark.parametrize("text", ["echo 'rig asked: 3'", "echo 'rig asked: {\"python\": 3}'", "echo hello", "exit 3"])
def test_a_program_that_says_something_else_is_refused(tmp_path, text):
    assert "is no Python that rig can use" in refused(script(tmp_path / "python", text))


def test_a_program_that_never_stops_talking_is_refused(tmp_path):
    assert "is no Python that rig can use" in refused(script(tmp_path / "python", "exec yes"))


def test_a_program_that_hangs_is_ended_with_all_that_it_started(tmp_path):
    left = tmp_path / "left"
    python = script(tmp_path / "python", f"(sleep 1; touch {left}) &\nsleep 600")
    assert "gave no answer within 0.25 s" in refused(python, patience_s=0.25)
    time.sleep(2.0)  # twice as long as it would take to come up
    assert not left.exists()


def test_a_python_that_is_too_old_is_refused(tmp_path):
    python = script(tmp_path / "python", 'echo \'rig asked: {"python": "3.9.18"}\'')
    assert "is Python 3.9.18; the trainer needs 3.10 or later" in refused(python)


def test_what_the_environment_says_of_itself_cannot_be_changed_from_outside(named, tmp_path, monkeypatch):
    give(named, **GOOD)
    (tmp_path / "json.py").write_text("raise SystemExit('not the real one')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert find_trainer(named).versions["neural-amp-modeler"] == "0.13.0"
