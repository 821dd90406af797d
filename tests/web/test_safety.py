"""What somebody from elsewhere may try: foreign hosts and origins, tokens, files, and what a browser is told."""

from __future__ import annotations

import http.client
import json
import socket
import stat
from contextlib import ExitStack

import pytest
from paged import Paged, until
from websockets.exceptions import ConnectionClosed, InvalidStatus

from rig.errors import ConfigError, RigError
from rig.web.access import FAILURES, Access, Refused, devices_file
from rig.web.files import FOLDER, Files
from rig.web.origins import Origins, own_names
from rig.web.runs import folder, running
from rig.web.server import MOST_CLIENTS


@pytest.fixture(scope="module")
def serving():
    with Paged() as made:
        yield made


@pytest.fixture
def paged(serving):
    yield serving
    serving.as_new()


def get(paged, path="/", method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", paged.port, timeout=5)
    headers.setdefault("Host", f"127.0.0.1:{paged.port}")
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


# ---------------------------------------------------------------- hosts and origins
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:PORT",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.evil.example:PORT",
        "",
        "[::1",
        "[::2]:PORT",
    ],
)
def test_a_name_that_points_here_from_elsewhere_gets_nothing(paged, host):
    """DNS rebinding: the page of another site asks its own name, which by now means this machine."""
    host = host.replace("PORT", str(paged.port))
    for path in ("/", "/ws", "/version.js", "/excerpts/0/model.wav"):
        response, body = get(paged, path, Host=host)
        assert response.status == 403
        assert b"rig" in body and paged.token.encode() not in body
    with pytest.raises(InvalidStatus, match="403"):
        paged.socket(additional_headers={"Host": host} if host else {"Host": "x"})


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://127.0.0.1:PORT", "http://127.0.0.1:1", "file://", "http://localhost:PORT"],
)
def test_a_page_of_another_site_opens_no_websocket_and_reads_nothing(paged, origin):
    origin = origin.replace("PORT", str(paged.port))
    with pytest.raises(InvalidStatus, match="403"):
        paged.socket(origin=origin)
    response, _ = get(paged, "/", Origin=origin)
    assert response.status == 403
    assert not [name for name, _ in response.getheaders() if name.lower().startswith("access-control")]


def test_our_own_page_and_programs_may(paged):
    for name in ("127.0.0.1", "localhost"):
        host = f"{name}:{paged.port}"
        assert get(paged, "/", Host=host, Origin=f"http://{host}")[0].status == 200
    ws = paged.socket(origin=f"http://127.0.0.1:{paged.port}")
    ws.send(json.dumps({"token": paged.token, "client": "our-own-page"}))
    assert "hello" in json.loads(ws.recv(5))
    ws.close()


def test_a_host_named_twice_is_none():
    origins = Origins("http", 8117, own_names(lan=False))
    assert origins.allows_host(["127.0.0.1:8117"])
    assert origins.allows_host(["LOCALHOST:8117"])
    for hosts in (
        [],
        ["127.0.0.1:8117"] * 2,
        ["127.0.0.1:\uff18\uff11\uff11\uff17"],
        ["a@127.0.0.1:8117"],
        ["127.0.0.1:8117 "[::-1]],
    ):
        assert not origins.allows_host(hosts)
    assert not origins.allows_origin(["http://127.0.0.1:8117"] * 2, "127.0.0.1:8117")


def test_on_the_lan_it_has_more_names():
    assert own_names(lan=True) > own_names(lan=False) == {"localhost", "127.0.0.1", "[::1]"}


# ---------------------------------------------------------------- nothing by GET, and no path
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE"])
def test_nothing_but_get(paged, method):
    try:
        response, body = get(paged, "/", method)
    except (http.client.HTTPException, OSError):
        return
    assert response.status >= 400
    assert b"<h1" not in body


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/pyproject.toml",
        "//etc/passwd",
        "/static/../server.py",
        "/index.html/..",
        "/.git/config",
        "/do?name=mute&value=true",
        "/excerpts/../../x.wav",
        "http://127.0.0.1/",
        "/\x7f",
    ],
)
def test_no_path_reaches_the_disk(paged, path):
    before = dict(paged.run(lambda: paged.player.commands.values()))
    try:
        response, body = get(paged, path)
    except (http.client.HTTPException, OSError):
        return
    assert response.status in (400, 401, 403, 404)
    assert b"root:" not in body and b"[project]" not in body
    assert paged.run(lambda: paged.player.commands.values()) == before


def test_what_is_served_was_read_at_the_start(tmp_path):
    (tmp_path / "index.html").write_text("<h1>one</h1>")
    (tmp_path / ".hidden").write_text("secret")
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "a.js").write_text("1")
    files = Files(tmp_path)
    (tmp_path / "index.html").write_text("<h1>two</h1>")
    (tmp_path / "later.js").write_text("2")
    assert files.get("/").content == files.get("/index.html?x=1").content == b"<h1>one</h1>"
    assert files.get("/js/a.js").type == "text/javascript; charset=utf-8"
    for path in ("/later.js", "/.hidden", "/js", "/js/", "/../index.html"):
        assert files.get(path) is None
    assert f'PAGE = "{files.version}"'.encode() in files.get("/version.js").content


def test_a_browser_is_told_what_it_may_do_and_keeps_nothing_stale(paged):
    response, body = get(paged, "/")
    headers = {name.lower(): value for name, value in response.getheaders()}
    assert response.status == 200 and body == (FOLDER / "index.html").read_bytes()
    assert headers["content-security-policy"].startswith("default-src 'self'; connect-src 'self' ws://127.0.0.1:")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-cache"
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert not [name for name in headers if name.startswith("access-control")]
    again, nothing = get(paged, "/", If_None_Match=headers["etag"])
    assert (again.status, nothing) == (304, b"")


# ---------------------------------------------------------------- tokens
def test_nothing_is_told_and_nothing_done_without_a_token(paged):
    for first in (
        {"do": "mute", "value": True, "id": 1},
        {"ask": "state"},
        {"token": "", "client": "c" * 8},
        {"list": "models", "id": 1},
    ):
        ws = paged.socket()
        ws.send(json.dumps(first))
        told = json.loads(ws.recv(5))
        assert set(told) == {"error", "code"}
        with pytest.raises(ConnectionClosed):
            ws.recv(5)
        ws.close()
    assert paged.player.muted is False


def test_after_five_wrong_tokens_not_even_the_right_one_opens_for_a_minute():
    now = [0.0]
    access = Access(clock=lambda: now[0])
    assert access.check(access.token, "a") is None
    for _ in range(FAILURES):
        with pytest.raises(Refused, match="That is not the token"):
            access.check("guess", "a")
    with pytest.raises(Refused, match="Too many wrong tokens") as told:
        access.check(access.token, "a")
    assert told.value.is_locked
    assert access.check(access.token, "b") is None  # from elsewhere it is taken
    now[0] = 61.0
    assert access.check(access.token, "a") is None
    for address in range(2000):  # what is remembered is bounded
        with pytest.raises(Refused):
            access.check("guess", str(address))
    assert len(access._failures) <= 256


def test_a_token_has_128_bits_and_is_another_one_each_time():
    tokens = {Access().token for _ in range(50)}
    assert len(tokens) == 50
    assert all(len(token) == 22 for token in tokens)


def test_guessing_over_the_wire_is_locked_out(paged):
    codes = []
    for k in range(FAILURES + 2):
        ws = paged.socket()
        ws.send(json.dumps({"token": f"guess-{k}", "client": "guessing"}))
        assert "error" in json.loads(ws.recv(5))
        with pytest.raises(ConnectionClosed) as closed:
            ws.recv(5)
        codes.append(closed.value.rcvd.code)
        ws.close()
    assert codes == [4401] * FAILURES + [4403] * 2
    with pytest.raises(RigError, match="Too many wrong tokens"):
        paged.remote()
    assert paged.is_playing()


def test_the_token_lies_in_a_file_for_its_user_alone():
    with Paged() as paged:
        path = folder() / f"{paged.port}.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert running(paged.port).token == paged.token
        assert paged.token in paged.address.partition("#")[2]  # behind what is ever sent to a server
    assert not path.exists()
    with pytest.raises(ConfigError, match="No rig serves a page on port"):
        running(paged.port)


def test_a_phone_gets_a_token_of_its_own_that_can_be_revoked(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    access = Access(devices_file())
    device, token = access.pair("phone", "192.168.1.7", "2026-11-29")
    assert access.check(token, "192.168.1.7").id == device.id
    assert stat.S_IMODE(devices_file().stat().st_mode) == 0o600
    assert token not in devices_file().read_text()
    later = Access(devices_file())  # the next time rig starts
    assert later.check(token, "x").name == "phone"
    printed = later.token
    later.revoke(device.id)
    for gone in (token, printed):
        with pytest.raises(Refused):
            later.check(gone, "y")
    assert Access(devices_file()).devices == []
    with pytest.raises(RigError, match="There is no device"):
        later.revoke(device.id)


def test_devices_are_listed_and_revoked_over_the_lan(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("rig.web.entrance.visitor.is_loopback", lambda address: False)  # as if it came from the network
    with Paged(lan=True) as paged:
        ws, hello, _ = paged.greeted("phone-in-hand")
        own = hello["device"]
        assert hello["may_manage"] is False
        ws.send(json.dumps({"list": "devices", "id": 1}))
        assert "on the machine that rig runs on" in json.loads(ws.recv(5))["error"]
        monkeypatch.setattr("rig.web.entrance.visitor.is_loopback", lambda address: True)
        with paged.remote() as rig:
            (device,) = rig.list("devices")["items"]
            assert (device["id"], device["connected"]) == (own["id"], True)
            token = paged.page.address.partition("token=")[2]
            rig.do("revoke_device", device["id"])
            assert rig.list("devices")["items"] == []
            until(lambda: paged.page.address.partition("token=")[2] != token)
            assert paged.said[-1].startswith("Page     http://")
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                ws.recv(5)
        assert closed.value.rcvd.code == 4403
        ws.close()
        again = paged.socket()
        again.send(json.dumps({"token": own["token"], "client": "phone-in-hand"}))
        assert json.loads(again.recv(5))["code"] == "token"
        again.close()


# ---------------------------------------------------------------- how many, and where
def test_eight_are_served_and_the_ninth_is_told_why(paged):
    rigs = [paged.remote() for _ in range(MOST_CLIENTS)]
    with pytest.raises(RigError, match="Eight pages and programs"):
        paged.remote()
    rigs.pop().close()
    until(lambda: paged.page.client_count < MOST_CLIENTS)
    rigs.append(paged.remote())
    for rig in rigs:
        rig.close()


def test_a_flood_of_connections_leaves_the_page_and_the_sound_alone(paged):
    with paged.remote() as rig:
        with ExitStack() as sockets:
            for _ in range(200):
                sockets.enter_context(socket.create_connection(("127.0.0.1", paged.port)))
            rig.do("volume", -3)
            assert paged.page._server._open <= 64
        until(lambda: paged.page._server._open <= 2)
        assert get(paged, "/")[0].status == 200
        assert paged.is_playing()


def test_a_port_that_is_taken_is_passed_over_or_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(RigError, match=r"Port \d+ cannot be used for the page .*; name another with --page-port"):
            Paged(port=taken.getsockname()[1]).__enter__()
    one, two = Paged(port=None), Paged(port=None)
    with one, two:
        assert one.port != two.port
        assert min(one.port, two.port) >= 8117


def test_it_listens_on_loopback_only(paged):
    assert paged.page._socket.getsockname()[0] == "127.0.0.1"


def test_a_certificate_needs_its_key(tmp_path):
    with pytest.raises(RigError, match="belong together"):
        Paged(certificate=tmp_path / "c.pem").__enter__()
    (tmp_path / "c.pem").write_text("no certificate")
    with pytest.raises(RigError, match=r"c\.pem and c\.pem are no certificate"):
        Paged(certificate=tmp_path / "c.pem", key=tmp_path / "c.pem").__enter__()


# ---------------------------------------------------------------- who does not read, or goes
def test_a_client_that_stops_reading_makes_nobody_wait(paged):
    stalled, _, _ = paged.greeted("does-not-read")
    stalled.send(json.dumps({"watch": {"meters": True, "spectra": True}}))
    stalled.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with paged.remote() as rig:
        for k in range(30):
            rig.do("volume", -k)
            if k % 10 == 0:
                assert paged.is_playing(0.2)
        assert rig.state["values"]["volume"] == -29.0
        known = next(iter(c for c in paged.page._server._all.values() if c.client == "does-not-read"), None)
        assert known is None or known._waiting < 5 << 20
    stalled.close()


def test_a_browser_that_goes_leaves_the_sound_as_it_is(paged):
    ws, _, _ = paged.greeted()
    ws.send(json.dumps({"do": "volume", "value": -9, "id": 1}))
    until(lambda: paged.player.value("volume") == -9)
    ws.socket.shutdown(socket.SHUT_RDWR)
    ws.socket.close()
    until(lambda: paged.page.client_count == 0)
    assert paged.run(lambda: paged.player.value("volume")) == -9
    assert paged.is_playing()
