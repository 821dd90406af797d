"""One take: the guitar and what was heard, in two files that begin and end with the same sample, and a note on them."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dsp.ring import CHANNELS
from ..errors import AudioError
from ..files.json_file import write_json
from .wavfile import SAMPLE_BYTES, WAV_LIMIT, GrowingWav, Opener, open_new

LONGEST_TITLE = 100  # bytes; names of files end at 255
ENDINGS = (" di.wav", " out.wav")  # of the guitar, and of what was heard
MANY = 100  # takes of one second and one name
_UNDER_WAY = {"complete": False, "process": os.getpid()}  # whose end `rescue` notices


class Take:
    """`TIME TITLE di.wav` (one channel), `TIME TITLE out.wav` (two) and `TIME TITLE.json` in `folder`.

    A missing folder is made, an existing file never replaced: the next free name is `TIME TITLE 2`. `told` goes into
    the JSON. Raises AudioError if nothing can be written there; afterwards writing raises OSError, and what was
    written before stays.
    """

    def __init__(
        self,
        folder: Path,
        title: str,
        sample_rate: int,
        told: Mapping[str, Any],
        *,
        now: datetime | None = None,
        wav_limit: int = WAV_LIMIT,
        opened: Opener = open_new,
    ) -> None:
        self.folder, self.sample_rate, self.frames = folder, sample_rate, 0
        self._began = now if now is not None else datetime.now().astimezone()
        self._told = dict(told)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.name, self._files = self._made(file_title(title), wav_limit, opened)
            try:
                self._note(_UNDER_WAY)
            except OSError:
                for file in self._files:
                    file.discard()
                raise
        except OSError as error:
            why = error.strerror or error
            raise AudioError(
                f"{folder}: no take can be written there ({why}); name another folder with --into."
            ) from error

    def _made(self, title: str, wav_limit: int, opened: Opener) -> tuple[str, tuple[GrowingWav, GrowingWav]]:
        for number in range(1, MANY + 1):
            name = f"{self._began:%Y-%m-%d %H-%M-%S} {title}" + (f" {number}" if number > 1 else "")
            paths = [self.folder / f"{name}{ending}" for ending in (*ENDINGS, ".json")]
            if any(path.exists() for path in paths):
                continue
            first = GrowingWav(paths[0], self.sample_rate, 1, wav_limit, opened)
            try:
                return name, (first, GrowingWav(paths[1], self.sample_rate, CHANNELS - 1, wav_limit, opened))
            except OSError:
                first.discard()
                raise
        raise FileExistsError(f"{MANY} takes of that name are there")

    @property
    def seconds(self) -> float:
        """Its length on disk."""
        return self.frames / self.sample_rate

    def write(self, block: NDArray[np.float32]) -> None:
        """Append guitar, left and right, shape (CHANNELS, frames): all of it, to both files, or nothing."""
        guitar, out = self._files
        guitar.add(self.frames, block[0])
        out.add(self.frames, block[1:].T)
        frames = self.frames + block.shape[1]
        out.announce(frames)
        guitar.announce(frames)
        self.frames = frames

    def put_back(self) -> bool:
        """Write files that somebody has removed meanwhile again; whether there were any."""
        removed = [file for file in self._files if file.is_removed]
        for file in removed:
            file.put_back()
        if removed:
            self._note(_UNDER_WAY)
        return bool(removed)

    def finish(self, told: Mapping[str, Any]) -> None:
        """Close both files at the same length; `told` goes into the JSON. Raises the first OSError, after doing all.

        A take without a single sample is removed.
        """
        if self.frames == 0:
            for file in self._files:
                file.discard()
            self._note_path.unlink(missing_ok=True)
            return
        first: OSError | None = None
        try:
            self.put_back()
        except OSError as error:
            first = error
        for file in self._files:
            try:
                file.finish(self.frames)
            except OSError as error:
                first = first or error
        if first is None:
            self._note({"frames": self.frames, "seconds": self.seconds, **told})
        else:
            raise first

    def _note(self, told: Mapping[str, Any]) -> None:
        here = {"began": self._began.isoformat(timespec="seconds"), "sample_rate": self.sample_rate}
        write_json(self._note_path, {**here, **self._told, **told})

    @property
    def _note_path(self) -> Path:
        return self.folder / f"{self.name}.json"

    @property
    def free_bytes(self) -> int | None:
        """Space left on the disk; None where the system does not say."""
        with contextlib.suppress(OSError):
            return shutil.disk_usage(self.folder).free
        return None


def bytes_per_second(sample_rate: float) -> float:
    """What a take of both files needs."""
    return CHANNELS * SAMPLE_BYTES * sample_rate


def file_title(title: str) -> str:
    """A title as a part of a file name that every system takes.

    >>> file_title('Lead: "hot"/2')
    'Lead- -hot--2'
    """
    plain = re.sub(r'[/\\:*?"<>|\x00-\x1f\x7f]', "-", title).strip(" .") or "take"
    return plain.encode(errors="replace")[:LONGEST_TITLE].decode(errors="ignore").strip()
