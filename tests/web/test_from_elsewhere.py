"""Somebody in the network, a disk that is full, files that are broken, clients that are no good: each in a sentence."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import time
import zlib

import pytest
from paged import Paged, until
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from rig.errors import RigError
from rig.web.access import Access, devices_file
from rig.web.origins import Origins, own_addresses, own_names
from rig.web.remote import Remote
from rig.web.runs import announce, folder, running

ADDRESS = next((address for address in own_addresses() if ":" not in address), None)
need_network = pytest.mark.skipif(ADDRESS is None, reason="this machine has no address in a network")


@pytest.fixture(scope="module")
def serving():
    with Paged() as made:
        yield made


@pytest.fixture
def paged(serving):
    yield serving
    serving.as_new()


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "rig"


@contextlib.contextmanager
def full_disk():
    """No file grows any more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def from_network(paged, **greeting):
    """A client at this machine's own address, and what it is told first."""
    ws = connect(f"ws://{ADDRESS}:{paged.port}/ws", compression=None, proxy=None, open_timeout=5).__enter__()
    ws.send(json.dumps({"client": "phone-in-hand", **greeting}))
    return ws, json.loads(ws.recv(5))


# ---------------------------------------------------------------- --lan
@need_network
def test_without_lan_nobody_in_the_network_reaches_it(paged):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((ADDRESS, paged.port), 2)


@need_network
def test_a_phone_is_paired_listed_revoked_and_out_at_once(state):
    with Paged(lan=True) as paged:
        for wrong in ({"token": "guess"}, {"token": ""}, {}):
            ws, told = from_network(paged, **wrong)
            assert set(told) == {"error", "code"}
            ws.close()
        ws, told = from_network(paged, token=paged.token, name="phone")
        device = told["hello"]["device"]
        assert told["hello"]["may_manage"] is False
        again, told = from_network(paged, token=device["token"])
        assert "device" not in told["hello"]
        again.close()
        with paged.remote() as rig:
            assert [(one["name"], one["connected"]) for one in rig.list("devices")["items"]] == [("phone", True)]
            rig.do("revoke_device", device["id"])
        with pytest.raises(ConnectionClosed):
            while True:
                ws.recv(5)
        ws.close()
        for gone in (device["token"], paged.token):  # what was printed is another one now, too
            ws, told = from_network(paged, token=gone)
            assert told["code"] == "token"
            ws.close()
        assert paged.is_playing()


@need_network
def test_a_device_that_cannot_be_written_down_is_still_one_and_can_still_be_revoked(state):
    with Paged(lan=True) as paged:
        with full_disk():
            ws, told = from_network(paged, token=paged.token, name="phone")
            device = told["hello"]["device"]
            with paged.remote() as rig, pytest.raises(RigError, match=r"devices\.json cannot be written .* rig ends"):
                rig.do("revoke_device", device["id"])
        with pytest.raises(ConnectionClosed):
            while True:
                ws.recv(5)
        ws.close()
        assert paged.is_playing()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"schema": 9}', '{"schema": 1, "devices": [{"id": 7}]}', "\x00" * 9]
)
def test_a_list_of_devices_that_is_broken_lets_nobody_in_and_stops_nothing(state, content):
    state.mkdir(parents=True)
    devices_file().write_text(content)
    devices_file().chmod(0o600)
    access = Access(devices_file())
    assert access.devices == []
    access.pair("phone", "192.168.1.7", "2026-11-29")
    assert len(Access(devices_file()).devices) == 1


def test_a_list_of_devices_that_others_can_write_is_not_believed(state):
    Access(devices_file()).pair("phone", "192.168.1.7", "2026-11-29")
    devices_file().chmod(0o666)
    assert Access(devices_file()).devices == []
    assert [entry.name for entry in state.glob("devices.json*")] == ["devices.json.broken-1"]


def test_an_address_that_is_younger_than_the_start_is_ours_and_no_name_is():
    origins = Origins("http", 8117, own_names(lan=True))
    assert origins.allows_host(["10.1.2.3:8117"], "10.1.2.3")
    assert origins.allows_host(["[fd00::7]:8117"], "fd00::7")
    for host in ("10.1.2.4:8117", "evil.example:8117", "10.1.2.3:1", "10.1.2.3", "10.1.2.3.:8117", ":8117"):
        assert not origins.allows_host([host], "10.1.2.3"), host
    for host in ("127.0.0.1:" + "1" * 5000, "127.0.0.1:08117", "127.0.0.1:+8117", "localhost.:8117", "[::1%lo]:8117"):
        assert not origins.allows_host([host], "127.0.0.1"), host


# ---------------------------------------------------------------- the state folder, the certificate
def test_a_state_folder_that_cannot_be_written_is_told_and_the_page_is_served(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with Paged() as paged:
        assert "rig remote will not find this page" in paged.said[0]
        ws, _, _ = paged.greeted()
        ws.close()


def test_a_full_disk_is_told_and_the_page_is_served(state):
    with full_disk(), Paged() as paged:
        assert "rig remote will not find this page" in paged.said[0]
        ws, _, _ = paged.greeted()
        ws.close()
        assert paged.is_playing()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    for name, more in (("one", ["-nodes"]), ("two", ["-nodes"]), ("locked", ["-passout", "pass:secret"])):
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", *more]
        command += ["-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "1", "-subj", "/CN=rig"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


def test_a_wrong_pair_is_refused_in_a_sentence_and_nothing_is_asked_at_the_terminal(certificates):
    for pem, key, why in (
        ("one.pem", "two.key", "are no certificate with its key"),
        ("one.key", "one.key", "are no certificate with its key"),
        ("locked.pem", "locked.key", "without a pass phrase"),
        ("gone.pem", "one.key", r"cannot be read \(No such file"),
        (".", "one.key", r"are no certificate|cannot be read"),
    ):
        with pytest.raises(RigError, match=why):
            Paged(certificate=certificates / pem, key=certificates / key).__enter__()


def test_with_its_own_pair_it_is_served_by_tls_alone(certificates):
    with Paged(certificate=certificates / "one.pem", key=certificates / "one.key") as paged:
        with Remote.of(running(paged.port)) as rig:
            rig.do("volume", -7)
        with pytest.raises((http.client.HTTPException, OSError)):
            connection = http.client.HTTPConnection("127.0.0.1", paged.port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse()
        assert paged.run(lambda: paged.player.value("volume")) == -7
        assert paged.is_playing()


# ---------------------------------------------------------------- rig remote
def test_an_environment_with_a_proxy_changes_nothing(paged, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "socks_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.upper(), "socks5h://127.0.0.1:1")
    with paged.remote() as rig:
        rig.do("volume", -4)


def test_a_file_of_a_run_that_is_over_is_passed_over(state):
    with Paged() as paged:
        gone = subprocess.Popen([sys.executable, "-c", ""])
        gone.wait()
        announce(1, "t", "http", "play")
        stale = json.loads((folder() / "1.json").read_text())
        (folder() / "1.json").write_text(json.dumps(stale | {"pid": gone.pid}))
        for name, content in (("2.json", "{"), ("3.json", "[]"), ("4.json", '{"schema": 1, "port": 0}')):
            (folder() / name).write_text(content)
        (folder() / "5.json").mkdir()
        assert running().port == paged.port
    with pytest.raises(RigError, match="No rig serves a page: start one"):
        running()


class Impostor:
    """Something that is no rig, or another version of it, on a port."""

    def __init__(self, *messages):
        from websockets.sync.server import serve

        def converse(ws):
            with contextlib.suppress(ConnectionClosed):
                ws.recv(5)
                for message in messages:
                    ws.send(message)
                ws.recv(5)

        self._server = serve(converse, "127.0.0.1", 0)
        self.port = self._server.socket.getsockname()[1]

    def __enter__(self):
        import threading

        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        (['{"hello": {"version": 2, "rig": "9.9"}}'], r"That rig is 9\.9; take the `rig remote` that came with it"),
        (["welcome"], "no rig"),
        (["[1, 2]"], "no rig"),
        (['{"hello": 7}'], "no rig"),
        (["[" * 100_000], "no rig"),
        (['{"error": "No.", "code": "token"}'], "No"),
    ],
)
def test_what_is_no_rig_or_another_one_is_told_apart(state, messages, why):
    with Impostor(*messages) as other:
        announce(other.port, "t", "http", "play")
        with pytest.raises(RigError, match=why):
            Remote.of(running(other.port))


def test_a_port_where_nothing_answers_is_told(state):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        announce(free.getsockname()[1], "t", "http", "play")
        with pytest.raises(RigError, match="does not answer"):
            Remote.of(running())


# ---------------------------------------------------------------- clients that are no good
def raw(paged, *lines):
    """A connection below HTTP."""
    sock = socket.create_connection(("127.0.0.1", paged.port), 5)
    sock.sendall("".join(f"{line}\r\n" for line in lines).encode())
    return sock


def upgraded(paged, client="bytes-of-ours"):
    """A websocket of which each byte is ours; its token has been said."""
    key = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
    more = "Sec-WebSocket-Extensions: permessage-deflate"
    sock = raw(paged, "GET /ws HTTP/1.1", f"Host: 127.0.0.1:{paged.port}", *key, "Sec-WebSocket-Version: 13", more, "")
    head = b""
    while b"\r\n\r\n" not in head:
        head += sock.recv(1)
    assert head.startswith(b"HTTP/1.1 101") and b"deflate" not in head
    sock.sendall(framed(0x81, json.dumps({"token": paged.token, "client": client}).encode()))
    return sock


def framed(first, content, length=None):
    """A frame as a client sends it, masked with zeros."""
    length = len(content) if length is None else length
    short = bytes([0x80 | length]) if length < 126 else bytes([0xFF]) + length.to_bytes(8, "big")
    return bytes([first]) + short + bytes(4) + content


def is_closed(sock, seconds=8.0):
    """Whether the other end closes in time; what it sent before."""
    sock.settimeout(seconds)
    with contextlib.suppress(ConnectionError):
        while sock.recv(1 << 16):
            pass
    sock.close()
    return True


@pytest.mark.parametrize(
    "frame",
    [
        framed(0x81, b"", 1 << 20),  # one that says it has a megabyte
        framed(0x81, b"", 1 << 62),
        framed(0xC1, zlib.compressobj(9, zlib.DEFLATED, -15).compress(bytes(1 << 20)) or b"x"),  # compressed
        framed(0x81, b"\xff\xfe"),  # no UTF-8
        framed(0x83, b"x"),  # of a kind that there is not
        framed(0x89, b"x" * 126),  # a ping that is too long
        b"\x81\x01x",  # not masked
        framed(0x01, b"x" * 60_000) + framed(0x80, b"x" * 60_000),  # two parts, together too long
    ],
    ids=["1 MB", "an exabyte", "compressed", "no UTF-8", "unknown", "long ping", "unmasked", "two parts"],
)
def test_a_frame_that_may_not_be_ends_its_own_connection(paged, frame):
    sock = upgraded(paged)
    sock.sendall(frame)
    assert is_closed(sock)
    assert paged.is_playing(0.1)


def test_a_request_that_never_ends_is_let_go_and_nobody_waits_for_it(paged):
    slow = [raw(paged, "GET / HTTP/1.1", f"Host: 127.0.0.1:{paged.port}", "X: ") for _ in range(20)]
    with paged.remote() as rig:
        rig.do("volume", -2)
    assert all(is_closed(sock) for sock in slow)
    long = raw(paged, "GET / HTTP/1.1", f"Host: 127.0.0.1:{paged.port}", *["X: " + "y" * 9000] * 3)
    assert is_closed(long)
    assert paged.is_playing(0.1)


@pytest.mark.parametrize("times", [60, pytest.param(1000, marks=pytest.mark.soak)])
def test_who_comes_and_goes_leaves_no_file_open(paged, times):
    def come(at):
        if at % 4 == 0:
            paged.socket().close()
        elif at % 4 == 1:
            upgraded(paged, f"client-{at:06d}").close()
        elif at % 4 == 2:
            is_closed(raw(paged, "GET /version.js HTTP/1.1", f"Host: 127.0.0.1:{paged.port}", ""))
        else:
            raw(paged).close()

    def files():
        until(lambda: paged.page._server._open == 0)
        return len(os.listdir("/proc/self/fd"))

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("reads /proc")
    for at in range(20):
        come(at)
    before = files()
    for at in range(times):
        come(at)
    assert files() <= before + 2
    assert len(paged.page.board._answered) <= 64
    assert paged.is_playing(0.1)


def test_headers_of_another_writing_are_the_same(paged):
    for host, status in (
        (f"LocalHost:{paged.port}", 200),
        (f"localhost:{paged.port}", 200),
        (f"[::1]:{paged.port}", 200),
        (f"localhost.:{paged.port}", 403),
        (f"127.1:{paged.port}", 403),
        (f"2130706433:{paged.port}", 403),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", paged.port, timeout=5)
        connection.request("GET", "/version.js", headers={"Host": host})
        assert connection.getresponse().status == status, host
        connection.close()
    with pytest.raises(InvalidStatus, match="403"):
        paged.socket(origin=f"http://localhost.:{paged.port}")


def test_whoever_ends_rig_by_the_page_is_told_so(paged):
    with paged.remote() as rig:
        rig.do("quit")
    assert paged.player.finished
    time.sleep(0.05)
    assert paged.page._server.is_alive()  # the session closes it
