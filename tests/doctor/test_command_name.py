"""Whose `rig` is first on the path, as `rig doctor` says it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from commandline import RIG
from rigs import NANO

from rig.doctor.command_name import command_name

OURS = "import sys\nfrom rig.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n"


def script(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rig"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def test_another_program_called_rig_is_named_with_the_way_around_it(tmp_path):
    path = script(tmp_path, "#!/bin/sh\necho Judith Smith, 12 Elm Street\n")  # what Debian's rig is for
    found = command_name(str(tmp_path))
    assert (found.topic, found.state) == ("command", "warn")
    assert str(path) in found.text and "another program" in found.text and "amprig" in (found.way_out or "")


def test_our_own_rig_is_in_order_also_from_a_folder_of_links_or_of_the_user(tmp_path):
    own = Path(sys.executable)
    script(tmp_path / "user", f"#!{own}\n{OURS}")
    assert command_name(str(tmp_path / "user")).state == "ok"
    long = f"#!/bin/sh\n'''exec' \"{own}\" \"$0\" \"$@\"\n' '''\n{OURS}"  # pip's way around blanks in a path
    script(tmp_path / "long", long)
    assert command_name(str(tmp_path / "long")).state == "ok"
    link = tmp_path / "links"
    link.mkdir()
    (link / "rig").symlink_to(tmp_path / "user" / "rig")
    assert command_name(str(link)).state == "ok"


def test_another_installation_of_this_program_is_told_from_another_program(tmp_path):
    script(tmp_path, f"#!{tmp_path}/venv/bin/python3.12\n{OURS}")
    found = command_name(str(tmp_path))
    assert found.state == "warn" and "another installation" in found.text and sys.prefix in found.text


def test_without_a_rig_on_the_path_nothing_is_known(tmp_path):
    found = command_name(str(tmp_path))
    assert found.state == "unknown" and "PATH" in (found.way_out or "")


def test_doctor_started_by_its_second_name_says_whose_rig_comes_first(tmp_path):
    script(tmp_path / "bin", "#!/bin/sh\necho another\n")
    path = os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "JACK_DEFAULT_SERVER": f"none-{os.getpid()}"}
    assert subprocess.run(["rig"], env=environment, capture_output=True, text=True).stdout == "another\n"
    done = subprocess.run(
        [*RIG, "doctor", NANO, "--json"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=180
    )
    (found,) = (each for each in json.loads(done.stdout)["findings"] if each["topic"] == "command")
    assert found["state"] == "warn" and str(tmp_path / "bin" / "rig") in found["text"]


def test_another_program_of_python_beside_our_interpreter_is_told(tmp_path):
    """PyPI's rig, installed by the interpreter that runs this one."""
    script(tmp_path, f"#!{sys.executable}\nimport sys\nfrom rig.machine_control import main\nsys.exit(main())\n")
    found = command_name(str(tmp_path))
    assert found.state == "warn" and "another program" in found.text
