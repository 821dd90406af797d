"""The decoder of MP3 prints what it finds in a broken file to standard error; rig says it in its own words."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import threading
from collections.abc import Iterator

STDERR = 2
_OF_THE_DECODER = re.compile(rb"\[[^]]*libmpg123[^]]*\].*|(Note|Warning|Error|error): .*|")
_one_at_a_time = threading.Lock()  # there is one standard error


@contextlib.contextmanager
def quiet_decoder(is_mp3: bool) -> Iterator[None]:
    """What is printed to standard error meanwhile comes afterwards, without the decoder's own lines.

    Only while an MP3 is decoded; where there is no standard error nothing is changed.
    """
    if not is_mp3:
        yield
        return
    with _one_at_a_time, tempfile.TemporaryFile() as said:
        try:
            kept = os.dup(STDERR)
        except OSError:
            yield
            return
        os.dup2(said.fileno(), STDERR)
        try:
            yield
        finally:
            os.dup2(kept, STDERR)
            said.seek(0)
            with contextlib.suppress(OSError):
                for line in said.read().splitlines(keepends=True):
                    if not _OF_THE_DECODER.fullmatch(line.rstrip()):
                        os.write(kept, line)
            os.close(kept)
