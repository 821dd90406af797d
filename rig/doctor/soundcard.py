"""What ALSA says about the sound cards in use: names, and the periods of every stream that is open."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Stream:
    """An open stream."""

    card: int
    playback: bool
    sample_rate: int
    period_frames: int
    buffer_frames: int

    @property
    def periods(self) -> int:
        """How many of them the buffer holds."""
        return round(self.buffer_frames / self.period_frames)


def cards(root: Path = Path("/")) -> list[str]:
    """Names of the cards; none where there is no ALSA."""
    with contextlib.suppress(OSError):
        return re.findall(
            r"^ *\d+ \[.*?\]: .*? - (.*)$", (root / "proc/asound/cards").read_text(errors="replace"), re.M
        )
    return []


def streams(root: Path = Path("/")) -> list[Stream]:
    """All streams that somebody plays or records."""
    found = []
    for path in sorted((root / "proc/asound").glob("card[0-9]*/pcm*/sub*/hw_params")):
        with contextlib.suppress(OSError, KeyError, ValueError):
            said = dict(re.findall(r"^(\w+): (\d+)", path.read_text(errors="replace"), re.M))
            card = int(re.sub(r"\D", "", path.parents[2].name))
            playback = path.parents[1].name.endswith("p")
            stream = Stream(card, playback, int(said["rate"]), int(said["period_size"]), int(said["buffer_size"]))
            found += [stream] if stream.period_frames > 0 else []
    return found
