"""The other end: a program that steers a running rig, as `rig remote` does.

with Remote.of(running()) as rig:
rig.do("volume", -12)
print(rig.state["values"]["volume"])
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from ..errors import BackendError, RigError
from .merge_patch import Json, patched
from .messages import VERSION
from .meters import read_frame
from .runs import Run

ANSWER_S = 10.0
OPEN_S = 5.0


Events = list[Json]
Frame = tuple[int, int, list[float]]


class RemoteError(RigError):
    """What a rig that is steered from here has refused, or that it has gone."""


class Remote:
    """A connection that knows the state. `events`: what was told since they were taken last."""

    def __init__(
        self,
        address: str,
        token: str,
        *,
        client: str | None = None,
        name: str = "rig remote",
        patience_s: float = ANSWER_S,
    ) -> None:
        """`address`: of the websocket. `patience_s`: how long each answer is waited for.

        Raises BackendError where nothing answers, RemoteError if we are refused.
        """
        self._patience_s = patience_s
        self.state: Json = {}
        self.rev = 0
        self.events: Events = []
        self.client, self._id = client or secrets.token_urlsafe(12), 0
        self._ending, options = ExitStack(), {}  # type: ExitStack, dict[str, Any]
        if address.startswith("wss:"):
            options["ssl"] = _unverified()
        try:
            # No limit of messages: one that is not asked for a while goes on reading, and so answers pings.
            opening = connect(
                address,
                open_timeout=min(OPEN_S, patience_s),
                close_timeout=patience_s,
                compression=None,
                max_size=None,
                max_queue=None,
                proxy=None,
                **options,
            )
            self._ws: ClientConnection = self._ending.enter_context(opening)
        except (OSError, WebSocketException, TimeoutError) as error:
            raise BackendError(f"The rig that served a page here does not answer ({error}).") from error
        self._send({"token": token, "client": self.client, "protocol": VERSION, "name": name})
        self.hello: Json = self._until("hello")["hello"]
        if not isinstance(self.hello, dict):
            self.close()
            raise RemoteError("What answers there is no rig.")
        if self.hello.get("version") != VERSION:
            self.close()
            raise RemoteError(f"That rig is {self.hello.get('rig')}; take the `rig remote` that came with it.")
        self._until("state")

    @classmethod
    def of(cls, run: Run, name: str = "rig remote", patience_s: float = ANSWER_S) -> Self:
        """A rig on this machine."""
        scheme = "wss" if run.scheme == "https" else "ws"
        return cls(f"{scheme}://127.0.0.1:{run.port}/ws", run.token, name=name, patience_s=patience_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Go; the sound stays as it is."""
        self._ending.close()

    # ------------------------------------------------------------ what is asked
    def do(self, name: str, value: float | bool | str | None = None, **more: Any) -> Json:
        """Carry out a command and wait for its answer. Raises RemoteError with rig's own sentence."""
        self._id += 1
        message: Json = {"do": name, "id": self._id, **more}
        if value is not None:
            message["value"] = value
        self._send(message)
        return self._answer(self._id)

    def list(self, name: str) -> Json:
        """A list, with `items`, `rev` and `files`."""
        self._id += 1
        self._send({"list": name, "id": self._id})
        return self._answer(self._id)

    def watch(self, *, meters: bool = True, spectra: bool = False) -> None:
        """Have meters and spectra sent from now on."""
        self._send({"watch": {"meters": meters, "spectra": spectra}})

    def messages(self) -> Iterator[Json | bytes]:
        """Whatever comes, the state kept up to date, until rig ends."""
        while True:
            try:
                yield self._next(None)
            except RemoteError:
                return

    def frames(self) -> Iterator[Frame]:
        """Only the binary frames."""
        for message in self.messages():
            if isinstance(message, bytes):
                yield read_frame(message)

    # ------------------------------------------------------------ underneath
    def _send(self, content: Json) -> None:
        try:
            self._ws.send(json.dumps(content))
        except ConnectionClosed as error:
            raise RemoteError("rig has gone.") from error

    def _answer(self, id: int) -> Json:
        until = time.monotonic() + self._patience_s
        while True:
            message = self._next(max(0.0, until - time.monotonic()))
            if isinstance(message, dict) and (message.get("id") == id or message.get("ok") == id):
                if "error" in message:
                    raise RemoteError(str(message["error"]))
                return message

    def _until(self, key: str) -> Json:
        until = time.monotonic() + self._patience_s
        while True:
            message = self._next(max(0.0, until - time.monotonic()))
            if isinstance(message, dict):
                if key in message:
                    return message
                if "error" in message:
                    self.close()
                    raise RemoteError(str(message["error"]))

    def _next(self, timeout_s: float | None) -> Json | bytes:
        try:
            message = self._ws.recv(timeout_s)
        except TimeoutError as error:
            raise RemoteError("rig does not answer.") from error
        except ConnectionClosed as error:
            raise RemoteError("rig has gone.") from error
        if isinstance(message, bytes):
            return message
        try:
            content: Json = json.loads(message)
        except (ValueError, RecursionError) as error:
            raise RemoteError("What answers there is no rig.") from error
        if not isinstance(content, dict):
            raise RemoteError("What answers there is no rig.")
        if "state" in content:
            self.state, self.rev = content["state"], content["rev"]
        elif "set" in content:
            if content["rev"] != self.rev + 1:
                self._send({"ask": "state"})
            else:
                self.state, self.rev = patched(self.state, content["set"]), content["rev"]
        elif "event" in content:
            self.events.append(content["event"])
        elif "bye" in content:
            raise RemoteError(str(content["bye"]))
        return content


def _unverified() -> Any:
    """For the certificate of a rig on this very machine: its name is rarely 127.0.0.1."""
    import ssl

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
