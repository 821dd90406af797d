"""The trainer's environment is made whole or not at all: with the real pip, and packages of a few bytes."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest
from places import ROOT
from small_trainer import SmallLock, give, quick_python

from rig.cli.training.set_up import set_up
from rig.errors import TrainingError
from rig.files.lock import locked
from rig.training.environment import find_trainer
from rig.training.installing import graphics, locked_versions
from rig.training.installing.disk_space import check_space
from rig.training.installing.places import MARK, folder_of, folders, mark_complete, trainer_folder, wheels_folder
from rig.training.set_up import OnlyWithCuda, _fetched_bytes, make, planned

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there are two builds of torch")


@pytest.fixture(autouse=True)
def an_empty_data_folder(tmp_path, monkeypatch):
    """Nothing is set up, and the lock is read anew after each test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    yield
    locked_versions.requirements.cache_clear()
    locked_versions._sizes.cache_clear()


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_python(tmp_path_factory.mktemp("quick"))


@pytest.fixture
def lock(tmp_path, monkeypatch):
    return SmallLock(tmp_path, monkeypatch)


def silent(what, share):
    """Show nothing."""


class Terminal(io.StringIO):
    """Standard input at which somebody sits."""

    def isatty(self):
        return True


# ------------------------------------------------------------ the lock that rig has
def lock_texts():
    return {path.name: path.read_text() for path in sorted(locked_versions.FOLDER.glob("*.txt"))}


def test_every_package_of_the_lock_has_a_version_and_hashes():
    for variant in locked_versions.VARIANTS:
        found = locked_versions.requirements(variant)
        assert len(found) > 90
        for each in found:
            first, *hashes = each.lines.rstrip("\n").split(" \\\n")
            assert first.startswith(f"{each.name}=={each.version}"), first
            assert hashes and all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}", line) for line in hashes), first


def test_the_lock_names_no_place_and_no_option():
    for name, text in lock_texts().items():
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        assert not [line for line in lines if "/" in line or "@" in line], name
        assert not [line for line in lines if line.startswith("-")], name


def test_the_lock_holds_the_trainer_that_rig_knows_and_no_compromised_lightning():
    versions = {name: locked_versions.locked_version(name) for name in ("neural-amp-modeler", "torch")}
    assert versions == {"neural-amp-modeler": "0.13.0", "torch": "2.13.0"}
    for variant in locked_versions.VARIANTS:
        found = {each.name: each.version for each in locked_versions.requirements(variant)}
        assert found["pytorch-lightning"] == "2.6.1" and "lightning" not in found


def test_the_build_for_cpus_brings_nothing_of_cuda():
    names = {each.name for each in locked_versions.requirements("cpu")}
    assert not [name for name in names if name.startswith(("nvidia-", "cuda-", "triton"))]
    assert [each.version for each in locked_versions.requirements("cpu")][:2] == ["2.13.0+cpu", "2.13.0"]
    assert "nvidia-cublas" in {each.name for each in locked_versions.requirements("gpu")}


def test_the_lock_comes_with_rig():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert "rig" in build["only-include"] and "exclude" not in build
    tracked = subprocess.run(["git", "check-ignore", *map(str, locked_versions.FOLDER.iterdir())], cwd=ROOT)
    assert tracked.returncode == 1  # none of them is ignored, so all are packed


# ------------------------------------------------------------ a plan
def test_the_variant_is_that_of_the_machine_or_the_one_named(tmp_path):
    assert planned("cpu").variant == "cpu"
    if sys.platform.startswith("linux"):
        assert planned("gpu").variant == "gpu"
        device = tmp_path / "nvidia0"
        device.touch()
        assert graphics.nvidia_gpu(device) == str(device)


def test_no_gpu_is_found_where_there_is_neither_device_nor_driver(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert graphics.nvidia_gpu(tmp_path / "nvidia0") is None


@linux_only
def test_the_programme_of_the_driver_shows_a_gpu(tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nexit 1\n")  # it is not started
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert graphics.nvidia_gpu(tmp_path / "nvidia0") == str(program)


def test_a_python_that_the_lock_does_not_cover_is_refused(tmp_path):
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho \'rig asked: {"python": "3.10.4"}\'\n')
    python.chmod(0o755)
    with pytest.raises(TrainingError, match=r"is Python 3\.10\.4, and .* locked for 3\.11 to 3\.14: name"):
        planned("cpu", python)


def test_a_system_without_a_build_of_torch_is_refused_with_those_that_have_one(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(TrainingError, match=r"riscv64: PyTorch 2\.13\.0 comes for .*Linux x86_64"):
        planned("cpu")


def test_too_small_a_disk_is_refused_with_what_is_free(tmp_path):
    with pytest.raises(TrainingError, match=rf"{tmp_path}: .*B are free, and this needs 1000000\.0 GB; make room"):
        check_space(tmp_path / "not" / "yet", 10**15, "this")
    check_space(tmp_path, 1, "this")


# ------------------------------------------------------------ asking
def test_sizes_are_stated_and_nothing_is_made_where_nobody_can_be_asked(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(TrainingError, match=r"Nobody can be asked .* --yes"):
        set_up(variant="cpu")
    said = capsys.readouterr().out
    assert re.search(r"cpu +\d+ MB to fetch, \d\.\d GB on the disk", said)
    assert not trainer_folder().exists()


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_anything_but_yes_fetches_nothing(answer, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert set_up(variant="cpu") == 1
    said = capsys.readouterr().out
    assert re.search(r"Fetch \d+ MB, and keep \d\.\d GB of the .*B that are free\? \(y/n\)", said)
    assert said.endswith("Nothing was fetched.\n")
    assert not trainer_folder().exists()


# ------------------------------------------------------------ making it
@pytest.mark.parametrize("is_by_this_python", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_after_a_yes_it_is_made_and_found_and_not_made_again(lock, capsys, monkeypatch, quick, is_by_this_python):
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    older = trainer_folder() / "gpu-00000000"
    mark_complete(older, older / "environment-1", "gpu")
    assert set_up(variant="cpu", python=None if is_by_this_python else quick) == 0
    said = capsys.readouterr().out
    assert "takes the place of the environment that is there" in said
    assert "The trainer is set up: neural-amp-modeler 0.13.0, torch 2.13.0+cpu, pytorch-lightning 2.6.1" in said
    trainer = find_trainer()
    assert trainer.versions["torch"] == "2.13.0+cpu" and not trainer.notes
    assert [path.name for path in folder_of("cpu").iterdir() if path.is_dir()] == [trainer.python.parent.parent.name]
    assert folders() == [folder_of("cpu")] and not wheels_folder().exists()
    assert set_up(variant="cpu", python=quick) == 0 and set_up() == 0
    assert capsys.readouterr().out.count("is set up already") == 2
    assert find_trainer() == trainer
    # What was changed later is made anew.
    give(trainer.python, torch="2.13.0+cpu", neural_amp_modeler="0.13.0", pytorch_lightning="2.6.3")
    assert set_up(variant="cpu", python=quick, yes=True) == 0
    assert find_trainer().versions["pytorch-lightning"] == "2.6.1"


KILLED = """
import os, signal, sys
from pathlib import Path
from pytest import MonkeyPatch
from small_trainer import use_locks
from rig.training.set_up import make, planned
use_locks(Path(sys.argv[1]), MonkeyPatch())
def show(what, share):
    if what == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
make(planned("cpu", Path(sys.argv[3])), show)
"""


@pytest.mark.parametrize(
    "moment",
    [pytest.param("Fetching", marks=pytest.mark.soak), pytest.param("Installing", marks=pytest.mark.soak), "Trying it"],
)
def test_a_killed_set_up_leaves_nothing_to_use_and_the_next_goes_on(lock, moment, monkeypatch, quick):
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests/support/machine")))
    command = [sys.executable, "-c", KILLED, str(lock.locks), moment, str(quick)]
    killed = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, timeout=300)
    assert killed.returncode == -signal.SIGKILL
    assert not (folder_of("cpu") / MARK).exists()
    with pytest.raises(TrainingError, match=r"half made: run `rig train --set-up`, which goes on"):
        find_trainer()
    if moment != "Fetching":  # all is there: no place is needed to fetch from
        assert len([*wheels_folder().glob("*.whl")]) == 3
        monkeypatch.delenv("PIP_FIND_LINKS")
    make(planned("cpu", quick), silent)
    environment = find_trainer().python.parent.parent
    assert [path for path in folder_of("cpu").iterdir() if path.is_dir()] == [environment]


def test_ctrl_c_ends_pip_too(lock, quick):
    def show(what, share):
        if what == "Installing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(planned("cpu", quick), show)
    with pytest.raises(TrainingError, match="half made"):
        find_trainer()
    children = subprocess.run(["ps", "-e", "-o", "args="], capture_output=True, text=True).stdout
    assert str(folder_of("cpu")) not in children


def test_folders_that_pip_removes_are_counted_as_nothing(tmp_path):
    (tmp_path / "one.whl").write_bytes(b"x" * 1000)
    done = threading.Event()

    def come_and_go():
        while not done.is_set():
            (tmp_path / "pip-download" / "deeper").mkdir(parents=True)
            shutil.rmtree(tmp_path / "pip-download")

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        assert {_fetched_bytes(tmp_path) for _ in range(3000)} == {1000}
    finally:
        done.set()
        thread.join()


def test_two_at_once_do_not_get_into_each_others_way(lock, quick):
    with locked(trainer_folder(), lock=".set-up"), pytest.raises(TrainingError, match="Another rig is setting"):
        make(planned("cpu", quick), silent)


def test_without_a_network_one_sentence_says_so(lock, monkeypatch, quick):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nothing listens there
    with pytest.raises(TrainingError, match="There is no way to the package index: connect") as error:
        make(planned("cpu", quick), silent)
    assert not isinstance(error.value, OnlyWithCuda)
    with pytest.raises(TrainingError, match="half made"):
        find_trainer()


def test_a_disk_that_is_too_small_is_found_before_anything_is_made(tmp_path, monkeypatch, quick):
    SmallLock(tmp_path, monkeypatch, disk_bytes=10**18)
    with pytest.raises(TrainingError, match=r"are free, and setting the trainer up needs 1000000000\.\d GB"):
        make(planned("cpu", quick), silent)
    assert not folders() and not wheels_folder().exists()


def test_a_file_that_is_not_the_locked_one_is_thrown_away(lock, quick):
    lock.wheel("pytorch-lightning", "2.6.1", {"pytorch_lightning/__init__.py": "import os"})
    with pytest.raises(TrainingError, match=r"fetched as pytorch-lightning.* is not the file that is locked"):
        make(planned("cpu", quick), silent)
    assert not [*wheels_folder().glob("pytorch_lightning*")]
    with pytest.raises(TrainingError, match="half made"):
        find_trainer()


def test_a_package_that_the_index_does_not_have_is_named(lock, quick):
    (lock.wheels / "neural_amp_modeler-0.13.0-py3-none-any.whl").unlink()
    with pytest.raises(TrainingError, match=r"index has no neural-amp-modeler==0\.13\.0 for this Python and system"):
        make(planned("cpu", quick), silent)


@pytest.mark.soak
@linux_only
def test_from_pypi_alone_the_larger_build_is_asked_for_and_taken(lock, capsys, monkeypatch, quick):
    (lock.wheels / "torch-2.13.0+cpu-py3-none-any.whl").unlink()
    with pytest.raises(OnlyWithCuda, match="--variant gpu takes it"):
        make(planned("cpu", quick), silent)
    monkeypatch.setattr("sys.stdin", Terminal("y\nn\n"))
    assert set_up(variant="cpu", python=quick) == 1  # yes to the one, and no to the other
    said = capsys.readouterr().out
    assert said.count("(y/n)") == 2 and "PyPI's build works without a GPU too, and is larger" in said
    assert set_up(variant="cpu", python=quick, yes=True) == 0
    assert find_trainer().versions["torch"] == "2.13.0"
    assert folders() == [folder_of("gpu")]


def test_a_trainer_that_does_not_start_is_not_used(tmp_path, monkeypatch, quick):
    SmallLock(tmp_path, monkeypatch, of_torch="raise ImportError('libgomp.so.1: cannot open shared object file')")
    with pytest.raises(TrainingError, match=r"does not start on this machine, and says: ImportError: libgomp\.so\.1"):
        make(planned("cpu", quick), silent)
    with pytest.raises(TrainingError, match="half made"):
        find_trainer()


def test_the_users_settings_of_where_to_install_do_not_hold_here(lock, tmp_path, monkeypatch, quick):
    for name in ("PIP_TARGET", "PIP_PREFIX"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    monkeypatch.setenv("PIP_USER", "1")
    make(planned("cpu", quick), silent)
    assert find_trainer().versions["torch"] == "2.13.0+cpu" and not (tmp_path / "elsewhere").exists()


@pytest.mark.soak
def test_the_real_trainer_is_set_up_from_the_package_index(capsys):
    assert set_up(variant="cpu", yes=True) == 0
    trainer = find_trainer()
    assert trainer.versions["neural-amp-modeler"] == "0.13.0" and not trainer.notes
    code = "import sys, torch; print(torch.__version__.partition('+')[0])"
    said = subprocess.run([str(trainer.python), "-I", "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "2.13.0"
    variant = "cpu" if trainer.versions["torch"].endswith("+cpu") or not sys.platform.startswith("linux") else "gpu"
    measured_bytes = sum(path.lstat().st_blocks * 512 for path in Path(folder_of(variant)).rglob("*"))
    stated_bytes = locked_versions.disk_bytes(variant)
    assert measured_bytes < 1.1 * stated_bytes  # nobody is asked for less than it takes
