"""The order of a listener: drawn by the system's random source, promised by a hash, and sealed until the end.

As in a blind test of two sounds (`..abx`): the order is on disk from the first moment, since a sitting must survive a
crash, but combined bit by bit with a random pad. The listener's file holds one half, a key in the user's data folder
the other; each alone is pure chance. Who puts both together on purpose can know everything, and fools himself.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...errors import CompareError
from ...files.json_file import write_json
from ...files.paths import data_folder
from .chain import digest

KEY, PROMISE = ".key", ".promise"


@dataclass(frozen=True, slots=True)
class Order:
    """Which section each screen has, and which condition each of its positions; all counted from 0.

    `training_*`: the same for the screens of the training, drawn apart.
    """

    screens: tuple[int, ...]
    positions: tuple[tuple[int, ...], ...]
    training_screens: tuple[int, ...]
    training_positions: tuple[tuple[int, ...], ...]

    @classmethod
    def drawn(cls, sections: int, conditions: int) -> Order:
        """By the system's random source; every order is as likely as any other."""
        random = secrets.SystemRandom()

        def shuffled(count: int) -> tuple[int, ...]:
            return tuple(random.sample(range(count), count))

        def screens() -> tuple[tuple[int, ...], ...]:
            return tuple(shuffled(conditions) for _ in range(sections))

        return cls(shuffled(sections), screens(), shuffled(sections), screens())

    @classmethod
    def of(cls, content: Any, sections: int, conditions: int) -> Order:
        """From plain JSON data. Raises ValueError for what is no order of so many."""
        try:
            found = cls(
                tuple(content["screens"]),
                tuple(tuple(each) for each in content["positions"]),
                tuple(content["training_screens"]),
                tuple(tuple(each) for each in content["training_positions"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError("no order") from error
        for order in (found.screens, found.training_screens):
            if sorted(order) != list(range(sections)):
                raise ValueError("no order of the sections")
        for each in (found.positions, found.training_positions):
            if len(each) != sections or any(sorted(one) != list(range(conditions)) for one in each):
                raise ValueError("no order of the conditions")
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return dict(json.loads(json.dumps(asdict(self))))


def keys_directory() -> Path:
    """Where the other halves of unfinished sittings lie, and what was promised."""
    return data_folder() / "listen"


def promise_of(order: Order, salt: str, test: str, listener: str) -> str:
    """The hash that is shown before the first screen: over salt, order, test (its hash) and listener."""
    return digest([salt, order.to_json(), test, listener])


def sealed(order: Order, salt: str) -> tuple[str, str]:
    """Both halves, in hex: that of the listener's file, and the pad."""
    secret = json.dumps({"order": order.to_json(), "salt": salt}, sort_keys=True, separators=(",", ":")).encode()
    pad = secrets.token_bytes(len(secret))
    return bytes(a ^ b for a, b in zip(secret, pad, strict=True)).hex(), pad.hex()


def opened(half: str, pad: str, sections: int, conditions: int) -> tuple[Order, str]:
    """Order and salt. Raises ValueError where the two do not belong together."""
    both = zip(bytes.fromhex(half), bytes.fromhex(pad), strict=True)
    content = json.loads(bytes(a ^ b for a, b in both).decode("ascii"))
    if not isinstance(content, dict) or not isinstance(content.get("salt"), str):
        raise ValueError("no seal")
    return Order.of(content.get("order"), sections, conditions), content["salt"]


def keep_secret(folder: Path, name: str, pad: str, promise: str) -> None:
    """Keep the pad and the promise of a sitting. Raises OSError."""
    write_json(folder / f"{name}{KEY}", {"pad": pad}, durable=True)
    write_json(folder / f"{name}{PROMISE}", {"promise": promise}, durable=True)


def kept_pad(folder: Path, name: str, path: Path) -> str:
    """The pad of an unfinished sitting. Raises CompareError where it is gone."""
    found = _kept(folder / f"{name}{KEY}", "pad")
    if found is None:
        raise CompareError(
            f"{path.name} cannot go on: its key ({name}{KEY} in rig's data folder) is not there or damaged. Listen "
            "under another name."
        )
    return found


def kept_promise(folder: Path, name: str) -> str | None:
    """What this machine promised in the sitting of that name; None: it knows nothing of it."""
    return _kept(folder / f"{name}{PROMISE}", "promise")


def forget_key(folder: Path, name: str) -> None:
    """The key of a finished sitting is of no use any more."""
    with contextlib.suppress(OSError):
        (folder / f"{name}{KEY}").unlink()


def _kept(path: Path, field: str) -> str | None:
    try:
        value = json.loads(path.read_text(encoding="ascii"))[field]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return value if isinstance(value, str) else None
