"""A player with a page, without an audio server: a loop like that of `rig play`, on an offline engine, in a thread."""

from __future__ import annotations

import json
import select
import threading
import time

import numpy as np
from rigs import NANO, Bench, guitar
from websockets.sync.client import connect

from rig.player.player import Player
from rig.web.page import Page, PageOptions
from rig.web.remote import Remote
from rig.web.server_state import ServerState
from rig.web.shown.shown_player import PlayerShown

BLOCKS = 6  # of 64 samples, processed in each turn: about as fast as a server would ask for them

KEPT = 2 * 48000 // (64 * BLOCKS)  # blocks of what was heard: the guitar plays something in each two seconds


class Paged:
    """`models` and `irs` as for a player. `index`: of the library. `options`: of the page. `heard`: what came out."""

    def __init__(self, models=(NANO,), irs=(), port=0, view="play", source=None, index=None, **options):
        self.bench = Bench()
        self.said, self.told, self.heard = [], [], []
        self.source = played() if source is None else source
        self.player = Player(self.bench.engine, self._tell, list(models), list(irs), ir_named=bool(irs))
        self.shown = PlayerShown(lambda: self.player, self.server, view, index)
        self.page = Page(self.shown, PageOptions(port=port, **options), self.said.append)
        self.shown.on_revoked = self.page.revoked
        self.xruns, self.at, self.turns = 0, 0, 0
        self.errors = []
        self.player.start()
        self.bench.settle()
        self.player.look()
        self._work = []
        self.is_over = threading.Event()
        self.stands_still = threading.Event()  # the loop of the keys is busy with something else
        self.thread = threading.Thread(target=self._loop, daemon=True)

    def _tell(self, event):
        self.told.append(event)
        if hasattr(self, "page"):
            self.page.post(event)

    def server(self):
        return ServerState("offline", 48000.0, 64, 2.7, self.xruns, self.at)

    def __enter__(self):
        try:
            self.address = self.page.start()
        except BaseException:
            self.page.close()
            self.player.close()
            raise
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join(10)
        self.page.close()
        self.player.close()
        assert not self.errors, self.errors

    def _loop(self):
        """As Session._loop does."""
        looked = 0.0
        while not self.is_over.is_set():
            try:
                select.select([self.page.waker], [], [], 0.005)
                if self.stands_still.is_set():
                    time.sleep(0.01)
                    continue
                while self._work:
                    self._work.pop(0)()
                acted = self.page.poll()
                self.player.poll()
                x = np.take(self.source, range(self.at, self.at + 64 * BLOCKS), mode="wrap")
                self.heard.append(self.bench.stereo(x)[:, 0])
                del self.heard[:-KEPT]
                self.at += len(x)
                if acted or time.monotonic() - looked > 0.1:
                    looked = time.monotonic()
                    self.player.look()
                    self.page.show()
                self.turns += 1
            except Exception as error:
                self.errors.append(error)
                return

    def run(self, function):
        """Have the loop call a function; what it returns."""
        done, answer = threading.Event(), []
        self._work.append(lambda: (answer.append(function()), done.set()))
        assert done.wait(10)
        return answer[0]

    @property
    def token(self):
        return self.address.partition("#token=")[2]

    @property
    def port(self):
        return self.page.port

    @property
    def ws(self):
        return f"ws://127.0.0.1:{self.port}/ws"

    def remote(self, **options):
        return Remote(self.ws, self.token, **options)

    def socket(self, **options):
        """A bare websocket, without a token so far."""
        return connect(
            self.ws, compression=None, max_size=None, proxy=None, open_timeout=5, close_timeout=1, **options
        ).__enter__()

    def greeted(self, client="client-of-tests", **options):
        """A bare websocket that has said its token, and the messages up to its state."""
        ws = self.socket(**options)
        ws.send(json.dumps({"token": self.token, "client": client}))
        hello, state = json.loads(ws.recv(5)), json.loads(ws.recv(5))
        while "event" in state:  # told to all at that moment: the cabinets are read, say
            state = json.loads(ws.recv(5))
        return ws, hello["hello"], state

    def as_new(self):
        """For the next test: nobody is there, nothing is held against anybody, and all stands as at the start."""
        until(lambda: self.page.client_count == 0 and self.page._server._open == 0)
        self.page._access._failures.clear()
        for name, value in (("mute", False), ("volume", 0.0)):
            self.run(lambda name=name, value=value: self.shown.carry_out(name, value))

    def is_playing(self, seconds=0.3):
        """Whether the loop and the sound go on."""
        turns = self.turns
        time.sleep(seconds)
        until(lambda: self.turns > turns + 3 or not self.thread.is_alive(), 10.0)
        return self.thread.is_alive() and bool(np.abs(np.concatenate(self.heard)).max() > 1e-4)


def played():
    """A second of the guitar from its first note on."""
    x = guitar(96000)
    begins = int(np.argmax(np.abs(x) > 0.05))
    return x[begins : begins + 48000]


def until(function, seconds=5.0):
    """Wait until a function answers something true; what it answers."""
    end = time.monotonic() + seconds
    while not (found := function()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.005)
    return found
