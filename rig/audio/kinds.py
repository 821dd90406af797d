"""Which container an audio file is by its first bytes, before any decoder sees it.

libsndfile knows two dozen kinds of files more than anybody sends us, some of whose readers print to standard output or
trust their headers. Only the kinds that people have are handed on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

AUDIO = {
    **dict.fromkeys((b"RIFF", b"RIFX", b"RF64", b"BW64"), "WAV"),
    **dict.fromkeys((b"FORM",), "AIFF"),
    **dict.fromkeys((b".snd", b"dns."), "AU"),
    b"riff": "W64",
    b"caff": "CAF",
    b"fLaC": "FLAC",
    b"OggS": "Ogg",
    b"ID3": "MP3",
}
FLAC_BITS = (8, 16, 24)  # those that libsndfile decodes


@dataclass(frozen=True, slots=True)
class Flac:
    """What the header of a FLAC file announces. `samples` 0: it does not say."""

    bits: int
    samples: int


def container_of(path: Path) -> str:
    """What libsndfile may read it as; empty: nothing. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(16)
    if len(start) > 1 and start[0] == 0xFF and start[1] & 0xE0 == 0xE0:  # a frame of MPEG audio
        return "MP3"
    return next((kind for magic, kind in AUDIO.items() if start.startswith(magic)), "")


def flac_header(path: Path) -> Flac | None:
    """The header of a FLAC file (RFC 9639, section 8.2); None: it has none where one belongs. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(26)
    if len(start) < 26 or start[4] & 0x7F:
        return None
    packed = int.from_bytes(start[18:26], "big")  # 20 bits of rate, 3 of channels, 5 of depth, 36 of samples
    return Flac(bits=(packed >> 36 & 0x1F) + 1, samples=packed & (1 << 36) - 1)
