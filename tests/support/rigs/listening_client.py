"""A listener without a browser: what goes over the wire is kept, byte for byte."""

from __future__ import annotations

import json
import struct

import numpy as np
from websockets.sync.client import connect

HEARD = 1.5  # seconds, as a page says them


class Refused(AssertionError):
    """What rig answered with an error: where a test does not expect one, it has failed."""


class Listener:
    """One connection. `heard`: all that came, in its order; `state`: the newest."""

    def __init__(self, room, token=None, client="listener-of-tests"):
        self.heard, self.frames, self.state, self.hello, self._id = [], [], None, None, 0
        url = f"ws://127.0.0.1:{room.port}/ws"
        options = {"compression": None, "max_size": None, "proxy": None, "open_timeout": 5, "close_timeout": 1}
        self.ws = connect(url, **options).__enter__()
        self.ws.send(json.dumps({"token": room.token if token is None else token, "client": client}))
        while self.state is None:
            self._take()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ws.close()

    def _take(self):
        message = self.ws.recv(10)
        self.heard.append(message)
        if isinstance(message, bytes):
            self.frames.append(message)
            return None
        content = json.loads(message)
        self.state, self.hello = content.get("state", self.state), content.get("hello", self.hello)
        if "error" in content and "id" not in content:
            raise Refused(content["error"])
        return content

    def ask(self, **content):
        """Say something, and wait for its answer."""
        self._id += 1
        self.ws.send(json.dumps({**content, "id": self._id}))
        while True:
            answer = self._take()
            if answer and answer.get("id", answer.get("ok")) == self._id:
                if "error" in answer:
                    raise Refused(answer["error"])
                return answer

    def do(self, name, value=None, of=None):
        return self.ask(do=name, value=value, of=self.state["number"] if of is None else of)

    def say(self, message):
        """Anything at all; the error it is answered with."""
        self.ws.send(message)
        while True:
            content = self._take_anything()
            if content and "error" in content:
                return content["error"]

    def _take_anything(self):
        message = self.ws.recv(10)
        return json.loads(message) if isinstance(message, str) else None

    def sit(self, name):
        return self.ask(do="sit", value=name)["key"]

    def hear_all(self):
        for which in range(self.state["positions"] + 1):
            self.do(f"heard_{which}", HEARD)

    def rate(self, *scores):
        for at, score in enumerate(scores, 1):
            self.do(f"rate_{at}", score)

    def sounds(self):
        """The block of the screen at hand as whole numbers, (reference and positions, samples)."""
        about, parts = self.state["sound"], []
        for piece in range(about["pieces"]):
            self.ask(sounds=self.state["number"], piece=piece)
            kind, _, screen, number = struct.unpack_from("<BBHI", self.frames[-1])
            assert (kind, screen, number) == (16, self.state["number"], piece)
            parts.append(np.frombuffer(self.frames[-1], np.uint8, offset=8))
        block = np.concatenate(parts).reshape(about["samples"], about["sounds"], 3).astype(np.int32)
        return ((block[..., 0] << 8 | block[..., 1] << 16 | block[..., 2] << 24) >> 8).T

    def train(self):
        """Through the training, as quickly as may be."""
        self.do("leave_out_training")
