"""What a file is by its first bytes: for whoever was given a ZIP pack for a model, or a model for a cabinet.

Its ending says nothing: downloads are renamed.
"""

from __future__ import annotations

import re
from pathlib import Path

LOOKED_AT = 4096  # bytes
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"fLaC", "an audio file (FLAC)"),
    (b"OggS", "an audio file (Ogg)"),
    (b"ID3", "an audio file (MP3)"),
    (b"caff", "an audio file (CAF)"),
    (b"%PDF", "a PDF document"),
    (b"MThd", "a MIDI file, which holds notes and no sound"),
    (b"\xf0\x7e", "a MIDI sample dump"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
)
_RIFF = {b"WAVE": "an audio file (WAV)", b"AIFF": "an audio file (AIFF)", b"AIFC": "an audio file (AIFF)"}
_PAGE = re.compile(rb"\s*<(!doctype\s+html|html|head|body|\?xml)\b", re.IGNORECASE)
_NAM = re.compile(rb'\s*\{.*"(architecture|weights|version|metadata)"\s*:', re.DOTALL)
AUDIO, MODEL, ARCHIVE = "audio file", "NAM model", "archive"


def kind_of(data: bytes) -> str | None:
    """What a file that begins with these bytes is, in words like `a ZIP archive`; None: nothing that is known here.

    >>> kind_of(b"fLaC..."), kind_of(b'{"version": "0.5.4", "architecture": "LSTM"'), kind_of(b"hello")
    ('an audio file (FLAC)', 'a NAM model', None)
    """
    data = data[:LOOKED_AT]
    if data[:4] in (b"RIFF", b"RF64", b"FORM") and data[8:12] in _RIFF:
        return _RIFF[data[8:12]]
    for start, what in _STARTS:
        if data.startswith(start):
            return what
    if _PAGE.match(data):
        return "a web page"
    if _NAM.match(data):
        return "a NAM model"
    return None


def kind_of_file(path: Path) -> str | None:
    """The same of a file; None also where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return kind_of(stream.read(LOOKED_AT))
    except (OSError, ValueError):
        return None


def way_out(kind: str | None, wanted: str) -> str:
    """What to do about a file of this kind in the place of `wanted` (`a .nam file`, `an audio file`).

    >>> way_out("a ZIP archive", "a .nam file")
    'unpack it, and name a .nam file in it'
    """
    if kind is None:
        return "export or download it again"
    if kind.endswith(ARCHIVE):
        return f"unpack it, and name {wanted} in it"
    if AUDIO in kind:
        return "the model comes first, and a cabinet after it: MODEL IR"
    if MODEL in kind:
        return "the model comes first, and the audio file after it"
    if "web page" in kind:
        return "the download has gone wrong: fetch the file itself"
    return f"name {wanted}"
