"""`rig serve` where there is no server yet, what it tells its service manager, and the unit that starts it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest
from commandline import forked, refused
from paged import Paged
from places import ROOT
from rigs import NANO
from serving import Served

from rig.cli.serving import service
from rig.cli.serving.page_note import PageNote
from rig.cli.serving.unit import NAME, unit

SHIPPED = ROOT / "share" / "systemd" / "user" / NAME
verified = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


@pytest.mark.parametrize("closed", [False, True], ids=["", "all streams closed"])
def test_without_a_server_it_waits_says_so_and_ends_in_order(tmp_path, closed):
    with Served(tmp_path, NANO, closed=closed, JACK_DEFAULT_SERVER=f"none-{os.getpid()}") as box:
        box.told("READY=1")
        assert "No JACK server" in box.told("STATUS=waits: ")
        if not closed:
            assert "No JACK server" in box.said("^Waiting ")
        assert box.end() == 0
    assert "Traceback" not in box.log.read_text()


def test_what_is_wrong_with_a_file_is_said_before_anything_is_waited_for(tmp_path):
    (tmp_path / "bad.nam").write_text("{}")
    refused(forked("serve", tmp_path / "bad.nam", cwd=tmp_path), "bad.nam")
    refused(forked("serve", "--lan", tmp_path / "none.toml", cwd=tmp_path), "none.toml")


def test_a_hangup_that_is_to_be_ignored_stays_so():
    hangup = service.Hangup()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with hangup.heard():
            signal.raise_signal(signal.SIGHUP)
        assert not hangup.is_asked
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which would end this process
        with hangup.heard():
            signal.raise_signal(signal.SIGHUP)
        assert hangup.is_asked and signal.getsignal(signal.SIGHUP) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


# ---------------------------------------------------------------- the service manager
@pytest.mark.parametrize("is_abstract", [False, True])
def test_the_service_manager_is_told_at_its_socket_a_line_each(tmp_path, monkeypatch, is_abstract):
    name = f"@rig-{os.getpid()}" if is_abstract else os.path.relpath(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hearing:
        hearing.bind(f"\0{name[1:]}" if is_abstract else str(tmp_path / "notify"))
        hearing.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name if is_abstract else str(tmp_path / "notify"))
        service.ready("waits: for\na server")
        assert hearing.recv(1000) == b"READY=1\nSTATUS=waits: for a server"
        service.reloading()
        assert re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=\d+", hearing.recv(1000))


def test_without_a_service_manager_or_with_one_that_has_gone_nothing_happens(tmp_path, monkeypatch):
    for name in ("", "relative", str(tmp_path / "gone"), "vsock:2:1234"):
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        service.ends()


# ---------------------------------------------------------------- the unit
def verify(path):
    """What systemd says of a user's unit, and with which exit code."""
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(path.parent)}
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", str(path)], env=environment, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


@verified
def test_the_unit_is_one_by_systemds_own_judgement(tmp_path):
    shutil.copy(SHIPPED, tmp_path)
    assert verify(tmp_path / NAME) == (0, "")
    wrong = tmp_path / "wrong.service"
    wrong.write_text(unit().replace("Type=notify", "Type=notify\nNotifies=always"), encoding="utf-8")
    assert "Notifies" in verify(wrong)[1]


@verified
def test_the_unit_of_a_program_with_an_odd_path_starts_that_program(tmp_path):
    program = tmp_path / "rig 100% $HOME" / "rig"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "odd.service").write_text(unit(str(program)), encoding="utf-8")
    assert verify(tmp_path / "odd.service") == (0, "")
    program.unlink()
    assert str(program) in verify(tmp_path / "odd.service")[1]


def test_the_unit_is_printed_for_the_program_that_prints_it(tmp_path):
    program = tmp_path / "bin" / "amprig"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nimport sys\nfrom rig.cli import main\nsys.exit(main())\n")
    program.chmod(0o755)
    done = subprocess.run([program, "serve", "--unit"], capture_output=True, text=True, timeout=60)
    assert f"ExecStart={program} serve $RIG_SERVE\n" in done.stdout
    assert done.stdout == unit(str(program))
    assert SHIPPED.read_text(encoding="utf-8") == unit()


# ---------------------------------------------------------------- the page
def test_the_log_says_where_the_page_is_and_a_file_of_the_user_alone_holds_its_token():
    with Paged(lan=True) as rig:
        said = []
        note = PageNote(rig.page, Namespace(lan=True), said.append)
        rig.page.start = lambda: rig.address  # it listens already
        assert note.open()
        (path,) = re.findall(r"is in (\S+),", said[-1])
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        first = rig.token
        written = Path(path).read_text(encoding="utf-8").split()
        assert written[-1] == rig.address and all(line.endswith(f"#token={first}") for line in written)
        assert str(rig.port) in said[0] and not any(first in line for line in said)
        rig.page._access.token = "another"
        note.renew()
        assert Path(path).read_text(encoding="utf-8").count("#token=another") == len(written)
        assert not any("another\n" in line or "#token" in line for line in said)
        note.remove()
        assert not os.path.exists(path)
