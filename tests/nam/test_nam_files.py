"""What is wrong with a file is said in one sentence that names it; nothing broken gets through, whatever it holds."""

import json
import os
import re
import socket

import pytest
from broken_files import CASES, write_all
from broken_models import GOOD
from child import run_in_child
from hostile import answers_of, played, sentences_of
from largest_files import write_largest
from model_files import a1_standard, wavenet, write

from rig.errors import ModelError, RigError
from rig.nam import Model

MOST_MB = 300  # what the whole process may ever hold, 100 of which are Python with its libraries


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """Where each case lies: {name: path}."""
    return {name: str(path) for name, path in write_all(tmp_path_factory.mktemp("broken"))}


@pytest.fixture(scope="module")
def loaded(broken):
    """What came of loading each, in a process of its own, and the most memory that took."""
    return run_in_child(answers_of, broken, timeout_s=300)


@pytest.fixture(scope="module")
def commanded(broken, tmp_path_factory):
    """The same of `rig info` and `rig render`, of every tenth: both load as `loaded` does."""
    return run_in_child(
        sentences_of, dict(list(broken.items())[::10]), str(tmp_path_factory.mktemp("out")), timeout_s=300
    )


@pytest.mark.parametrize("name", CASES)
def test_a_broken_file_is_refused_in_one_sentence_that_names_it(name, broken, loaded):
    error, sentence = loaded["answers"][name]
    assert error == "ModelError"
    file = re.escape(os.path.basename(broken[name]))
    assert re.match(rf"{file}: .*({CASES[name][1]})", sentence), sentence
    assert sentence.isprintable() and len(sentence) < 300


def test_no_broken_file_takes_much_memory(loaded):
    assert len(CASES) >= 150
    assert loaded["most_mb"] < MOST_MB


@pytest.mark.parametrize("command", ["info", "render"])
def test_every_command_refuses_broken_files_with_the_same_sentence(command, loaded, commanded):
    for name, (code, printed) in commanded["answers"][command].items():
        assert (code, printed) == (2, f"rig: {loaded['answers'][name][1]}\n")
    assert commanded["most_mb"] < MOST_MB


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(ModelError, match=r"^none\.nam: no such file in "):
        Model.load(tmp_path / "none.nam")
    (tmp_path / "folder.nam").mkdir()
    with pytest.raises(ModelError, match=r"^folder\.nam: a folder"):
        Model.load(tmp_path / "folder.nam")


def test_a_path_that_leads_nowhere_is_refused(tmp_path):
    (tmp_path / "loop.nam").symlink_to("loop.nam")
    (tmp_path / "gone.nam").symlink_to("elsewhere.nam")
    (tmp_path / "inside.nam").write_text("{}")
    for name, sentence in {
        "loop.nam": r"loop\.nam: cannot be read \(.*symbolic links",
        "gone.nam": r"gone\.nam: no such file",
        "inside.nam/amp.nam": r"amp\.nam: cannot be read \(Not a directory",
        "x" * 5000: r"xxx: cannot be read \(File name too long",
        "zero\0.nam": r"cannot be read \(embedded null byte",
        "..": r"\.\.: a folder",
        "/": r"/: a folder",
    }.items():
        with pytest.raises(ModelError, match=sentence):
            Model.load(tmp_path / name)


def test_pipes_devices_and_sockets_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.nam")
    (tmp_path / "device.nam").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.nam"))
        for name in ("pipe.nam", "device.nam", "socket.nam"):
            with pytest.raises(ModelError, match=rf"^{name}: a pipe or device, not a .nam file"):
                Model.load(tmp_path / name)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path):
    path = write(tmp_path / "secret.nam", a1_standard())
    path.chmod(0)
    with pytest.raises(ModelError, match=r"^secret\.nam: cannot be read \(Permission denied"):
        Model.load(path)


@pytest.mark.parametrize("size", [-0.1, 1.1, float("nan"), True, "full"])
def test_a_size_outside_0_to_1_is_refused(size, tmp_path):
    number = isinstance(size, float)
    said = r"^a\.nam: the size is .*expected 0 .*to 1" if number else r"^Model\.load\(size=\.\.\.\) takes a number"
    with pytest.raises(RigError, match=said):
        Model.load(write(tmp_path / "a.nam", GOOD), size)


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.soak)])
def test_a_file_at_the_limits_plays_and_takes_little_memory(every, tmp_path):
    Model.load(write(tmp_path / "a.nam", GOOD)).network()  # compiled outside: the compiler takes memory, too
    done = run_in_child(played, {name: str(path) for name, path in write_largest(tmp_path, every)}, timeout_s=300)
    assert all(done["finite"].values()), done["finite"]
    assert done["most_mb"] < MOST_MB


def test_every_cut_of_a_file_is_refused(tmp_path):
    whole = json.dumps(wavenet([1], dilations=(1,))).encode()
    path = tmp_path / "a.nam"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError, match=r"^a\.nam: the file is (cut off|empty)"):
            Model.load(path)


def test_a_standard_model_loads_without_a_warning(tmp_path):
    assert Model.load(write(tmp_path / "a.nam", a1_standard())).warnings == ()
