"""What kind of file it is by its first bytes, before any decoder sees it.

libsndfile knows two dozen kinds of files more than anybody sends us, some of whose readers print to standard output or
trust their headers. Only the kinds that people have are handed on; what a file is instead is said.
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
OTHER = {
    b"PK\x03\x04": "a ZIP archive; unpack it and name a file in it",
    b"Rar!": "a RAR archive; unpack it and name a file in it",
    b"MThd": "a MIDI file, which holds notes and no sound",
    b"{": "text, like a NAM model",
    b"<": "a web page; download the file itself",
    b"%PDF": "a PDF document",
    b"\xf0\x7e": "a MIDI sample dump",
    b"\x1aE\xdf\xa3": "a video or WebM file",
}
FLAC_BITS = (8, 16, 24)  # those that libsndfile decodes


@dataclass(frozen=True, slots=True)
class Flac:
    """What the header of a FLAC file announces. `samples` 0: it does not say."""

    bits: int
    samples: int


def kind_of(path: Path) -> tuple[str, str]:
    """What libsndfile may read it as, and what it is instead; one of both is empty, or both. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(16)
    for magic, kind in AUDIO.items():
        if start.startswith(magic):
            return kind, ""
    if len(start) > 1 and start[0] == 0xFF and start[1] & 0xE0 == 0xE0:  # a frame of MPEG audio
        return "MP3", ""
    if start[4:8] == b"ftyp":
        return "", "an MP4 or M4A file"
    return "", next((other for magic, other in OTHER.items() if start.startswith(magic)), "")


def flac_header(path: Path) -> Flac | None:
    """The header of a FLAC file (RFC 9639, section 8.2); None: it has none where one belongs. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(26)
    if len(start) < 26 or start[4] & 0x7F:
        return None
    packed = int.from_bytes(start[18:26], "big")  # 20 bits of rate, 3 of channels, 5 of depth, 36 of samples
    return Flac(bits=(packed >> 36 & 0x1F) + 1, samples=packed & (1 << 36) - 1)
