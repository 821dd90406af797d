"""A client that never gives up: whatever was not answered is sent again after a reconnect, as the protocol asks for."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.sync.client import connect

GONE = (OSError, ConnectionClosed, InvalidHandshake, InvalidMessage, TimeoutError, EOFError)


class Steadfast:
    """`slowest_s`: from the first try to reconnect until the state was there. `state`: as patches made it."""

    def __init__(self, port, token, way=None, client="steadfast-client"):
        """`way`: the port that leads there, if it is another one."""
        self._port, self._token, self._way, self._client = port, token, way or port, client
        self.sent, self.unanswered = 0, {}
        self.session, self.rev, self.state, self.ws, self.slowest_s = None, -1, {}, None, 0.0

    def connect(self, within_s=5.0):
        """Be connected, with the state as it is now; what was not answered is asked for once more."""
        began = time.monotonic()
        while True:
            try:
                self._connect()
                break
            except GONE:
                assert time.monotonic() - began < within_s, "no way to reconnect"
                time.sleep(0.02)
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)

    def _connect(self):
        self.leave()
        with socket.create_connection(("127.0.0.1", self._way), 1.0) as way:
            options = {"compression": None, "open_timeout": 1.0, "close_timeout": 0.2, "proxy": None}
            self.ws = connect(f"ws://127.0.0.1:{self._port}/ws", sock=way.dup(), **options).__enter__()
        self.ws.send(json.dumps({"token": self._token, "client": self._client}))
        hello, state = json.loads(self.ws.recv(1.0))["hello"], json.loads(self.ws.recv(1.0))
        assert self.session in (None, hello["session"])
        assert state["rev"] >= self.rev  # never back
        self.session, self.rev, self.state = hello["session"], state["rev"], state["state"]
        for message in self.unanswered.values():
            self.ws.send(message)

    def leave(self):
        """Go without a word."""
        if self.ws is not None:
            with contextlib.suppress(OSError):
                self.ws.socket.shutdown(socket.SHUT_RDWR)
            self.ws.close()
            self.ws = None

    def do(self, name, value=None):
        """Ask, and wait for nothing."""
        self.sent += 1
        content = {"do": name, "id": self.sent} | ({} if value is None else {"value": value})
        self.unanswered[self.sent] = json.dumps(content)
        self.ws.send(self.unanswered[self.sent])

    def take(self, wait_s=0.002):
        """Whatever has come."""
        from rig.web.merge_patch import patched

        with contextlib.suppress(TimeoutError):
            while True:
                message = json.loads(self.ws.recv(wait_s))
                assert "error" not in message, message
                if "ok" in message:
                    self.unanswered.pop(message["ok"], None)
                elif "set" in message:
                    assert message["rev"] == self.rev + 1
                    self.rev, self.state = message["rev"], patched(self.state, message["set"])
                elif "state" in message:
                    assert message["rev"] >= self.rev
                    self.rev, self.state = message["rev"], message["state"]

    def settle(self, condition=lambda state: True, seconds=20.0):
        """Until all is answered, and the state is so; reconnecting where need be."""
        end = time.monotonic() + seconds
        while self.unanswered or not condition(self.state):
            assert time.monotonic() < end, (self.unanswered, self.state.get("cabinet"))
            try:
                self.take(0.05)
            except GONE:
                self.connect()


class Wire:
    """A way to a port of this machine that can be cut: in the middle of a frame, by silence, or by force."""

    def __init__(self, port):
        self._to, self._pairs, self._over = port, [], False
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self._over:
            try:
                near, _ = self._listening.accept()
            except OSError:
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                near.close()
                continue
            left = [1 << 60]  # bytes that still pass
            self._pairs.append((near, far, left))
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, target, left), daemon=True).start()

    def _pass_on(self, source, target, left):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data[: max(0, left[0])])
                left[0] -= len(data)
        for end in (source, target):  # one way is of no use without the other
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut(self, after_bytes=0, by_force=True):
        """Let so many bytes through, and then nothing; by force: both ends are told so at once."""
        pairs, self._pairs = self._pairs, []
        for _, _, left in pairs:
            left[0] = after_bytes
        time.sleep(0.02)
        for near, far, _ in pairs:
            for end in (near, far):
                with contextlib.suppress(OSError):
                    if by_force:
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    end.shutdown(socket.SHUT_RDWR)
                    end.close()

    def close(self):
        self._over = True
        self.cut()
        self._listening.close()
