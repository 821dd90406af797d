"""The chunks of a WAV file, walked before anything is decoded: where the samples lie, and how many really are there.

Recorders and editors write headers that are wrong in a few ways while every sample is there: a chunk of odd length
without the byte that pads it, a count that was never entered or never corrected. libsndfile refuses those, or reads
what is left of a truncated file without a word. So the walk decides, by what the header says in up to three places
(`data` or `ds64`, `fact`, and the size of the whole): samples that are missing for sure are refused, and a header that
is merely wrong is exchanged for a right one, which libsndfile reads in its place. (RIFF: Microsoft and IBM 1991; RF64
and BW64: EBU Tech 3306 and ITU-R BS.2088.)
"""

from __future__ import annotations

import io
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from ..errors import AudioError

FORMS = {b"RIFF": "<", b"RF64": "<", b"BW64": "<", b"RIFX": ">"}  # and the order of bytes in them
KNOWN = {b"fmt ", b"data", b"fact", b"bext", b"LIST", b"JUNK", b"PAD ", b"cue ", b"smpl", b"iXML", b"id3 ", b"PEAK"}
UNKNOWN_LENGTH = 0x7FF00000  # bytes: programs that write WAV into a pipe announce this or more
SLACK = 16  # bytes: careless writers count padding
MOST_CHUNKS = 10_000  # in front of the samples
LARGEST_FORMAT = 4096  # bytes of a `fmt ` chunk; the longest known has some 50
LARGEST_32 = (1 << 32) - (1 << 16)


@dataclass(frozen=True, slots=True)
class Waves:
    """Where the samples of a WAV file lie. `repair`: the header to read it by instead of its own; None: its own.

    `note`: what is wrong with its own header, to stand behind the name of the file. `broken`: why it may be that no
    samples were found; both empty if nothing is odd.
    """

    start: int = 0  # byte
    length: int = 0  # bytes
    repair: bytes | None = None
    note: str = ""
    broken: str = ""

    def opened(self, path: Path) -> io.RawIOBase:
        """The file with the right header in place of its own. OSError where it cannot be opened."""
        assert self.repair is not None
        return _Repaired(path, self.repair, self.start, self.length)


def walk(path: Path) -> Waves | None:
    """Look at the chunks of a file; None: it is no WAV. Raises AudioError where samples are missing, and OSError."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(12)
        if len(head) < 12 or head[:4] not in FORMS or head[8:] != b"WAVE":
            return None
        return _Walk(file, size, FORMS[head[:4]], path.name).waves(head)


class _Walk:
    """One walk through the chunks in front of the samples."""

    def __init__(self, file: io.BufferedReader, size: int, order: str, name: str) -> None:
        self._file, self._size, self._order, self._name = file, size, order, name
        self._format = b""
        self._counted = 0  # samples by `fact` or `ds64`; 0: they do not say
        self._large: tuple[int, int] | None = None  # bytes by `ds64`: of the whole, of the samples
        self._unpadded = ""  # the chunk that lacks its padding

    def waves(self, head: bytes) -> Waves:
        """What was found."""
        at, before = 12, ""
        for _ in range(MOST_CHUNKS):
            found = self._chunk(at)
            if found is None:
                return Waves(broken=f"behind its chunk '{before}' no further one is found" if before else "no chunks")
            kind, length = found
            if kind == b"data":
                return self._samples(head, at + 8, length)
            self._look(kind, at + 8, length)
            before = kind.decode("latin-1")
            at = self._behind(at + 8, length, before)
        return Waves(broken=f"more than {MOST_CHUNKS} chunks")

    def _chunk(self, at: int) -> tuple[bytes, int] | None:
        """Kind and length of the chunk at a place; None: there is none."""
        self._file.seek(at)
        head = self._file.read(8)
        if len(head) < 8 or not all(0x20 <= byte < 0x7F for byte in head[:4]):
            return None
        return head[:4], struct.unpack(f"{self._order}I", head[4:])[0]

    def _look(self, kind: bytes, at: int, length: int) -> None:
        """Keep what a chunk says about the samples."""
        self._file.seek(at)
        if kind == b"fmt " and 16 <= length <= LARGEST_FORMAT:
            self._format = self._file.read(length)
        elif kind == b"fact" and length >= 4:
            counted = self._numbers("I")[0]
            self._counted = self._counted or (counted if counted < UNKNOWN_LENGTH else 0)
        elif kind == b"ds64" and length >= 24:
            whole, samples, self._counted = self._numbers("QQQ")
            self._large = whole, samples

    def _numbers(self, what: str) -> tuple[int, ...]:
        data = self._file.read(struct.calcsize(f"={what}"))
        is_whole = len(data) == struct.calcsize(f"={what}")
        return struct.unpack(f"{self._order}{what}", data) if is_whole else (0,) * len(what)

    def _behind(self, at: int, length: int, kind: str) -> int:
        """Where the next chunk begins: padded to even lengths, unless somebody forgot that."""
        padded, bare = at + length + length % 2, at + length
        if padded == bare:
            return padded
        right, wrong = self._chunk(padded), self._chunk(bare)
        if wrong is not None and (right is None or (wrong[0] in KNOWN and right[0] not in KNOWN)):
            self._unpadded = kind
            return bare
        return padded

    def _samples(self, head: bytes, start: int, announced: int) -> Waves:
        """What to make of the `data` chunk, whose samples begin at `start`."""
        there, whole = self._size - start, struct.unpack(f"{self._order}I", head[4:8])[0]
        if self._large is not None and head[:4] != b"RIFF":
            whole, announced = self._large[0], self._large[1] or announced
        elif announced >= UNKNOWN_LENGTH and (whole >= UNKNOWN_LENGTH or whole == 0):
            return Waves(start, there, self._header(there) if self._unpadded else None, self._padding_note())
        align = self._align
        length, wrong = announced, ""
        counted = self._counted * align
        if announced > there + SLACK:
            # All of it is there if the header itself says so in another place.
            is_whole = start - 8 < whole and whole + 8 <= self._size + SLACK
            if not (0 < counted <= there + SLACK or is_whole or announced >= UNKNOWN_LENGTH):
                raise AudioError(
                    f"{self._name}: cut off; the header announces {announced // align} samples, more than the "
                    f"{there // align} samples that are there. Copy or download the file again."
                )
            length, wrong = there, f"announces {announced // align} samples and"
        elif announced + SLACK < there and self._chunk(start + announced + announced % 2) is None:
            if announced == 0:
                length, wrong = there, "was never finished and"
            elif announced + SLACK < counted <= there:
                length, wrong = counted, f"announces {announced // align} samples and"
        length -= length % align if wrong else 0
        frames = length // align
        is_off = self._is_plain and counted and abs(counted - length) > SLACK
        if not wrong and is_off and self._counted != frames * self._channels:  # some count each channel
            wrong = f"counts {self._counted} samples in one place and"
        note = f"its header is wrong: it {wrong} {frames} are there; all of them are used" if wrong else ""
        repair = self._header(length) if wrong or self._unpadded else None
        return Waves(start, length, repair, note or self._padding_note())

    def _padding_note(self) -> str:
        if not self._unpadded:
            return ""
        return f"its chunk '{self._unpadded.strip()}' lacks a byte of padding; it was read all the same"

    @property
    def _align(self) -> int:
        """Bytes of one sample of all channels."""
        return max(1, struct.unpack_from(f"{self._order}H", self._format, 12)[0]) if self._format else 1

    @property
    def _channels(self) -> int:
        return struct.unpack_from(f"{self._order}H", self._format, 2)[0] if self._format else 1

    @property
    def _is_plain(self) -> bool:
        """Whether its coding has as many bytes for each sample: whole numbers or floats."""
        if not self._format:
            return False
        tag = struct.unpack_from(f"{self._order}H", self._format)[0]
        if tag == 0xFFFE and len(self._format) >= 26:  # WAVEFORMATEXTENSIBLE: the coding comes later
            tag = struct.unpack_from(f"{self._order}H", self._format, 24)[0]
        return tag in (1, 3)

    def _header(self, length: int) -> bytes | None:
        """A header of the form and the samples alone; None where the coding needs more than that."""
        if not self._is_plain:
            return None
        form = struct.pack(f"{self._order}4sI", b"fmt ", len(self._format)) + self._format
        form += b"\0" * (len(form) % 2)
        if length <= LARGEST_32 or self._order == ">":
            data = struct.pack(f"{self._order}4sI", b"data", min(length, LARGEST_32))
            whole = 4 + len(form) + len(data) + min(length, LARGEST_32)
            kind = b"RIFX" if self._order == ">" else b"RIFF"
            return struct.pack(f"{self._order}4sI4s", kind, whole, b"WAVE") + form + data
        sizes = struct.pack("<QQQI", 4 + 36 + len(form) + 8 + length, length, length // self._align, 0)
        front = struct.pack("<4sI4s4sI", b"RF64", 0xFFFFFFFF, b"WAVE", b"ds64", len(sizes)) + sizes
        return front + form + struct.pack("<4sI", b"data", 0xFFFFFFFF)


class _Repaired(io.RawIOBase):
    """A header, and behind it a piece of a file: what libsndfile reads in place of the file."""

    def __init__(self, path: Path, header: bytes, start: int, length: int) -> None:
        super().__init__()
        self._header, self._start, self._length, self._at = header, start, length, 0
        self._file = path.open("rb")

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._header) + self._length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer as far as there is something."""
        wanted, front = len(buffer), self._header[self._at : self._at + len(buffer)]
        left = min(wanted - len(front), self._length - max(0, self._at - len(self._header)))
        data = front
        if left > 0:
            self._file.seek(self._start + max(0, self._at - len(self._header)))
            data = front + self._file.read(left)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        """Close the file as well."""
        self._file.close()
        super().close()
