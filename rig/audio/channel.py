"""The one channel of a file that is meant: the only one, the one that was named, or the one that holds the signal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import AudioError
from .measures import rms_dbfs
from .wav import Audio

EMPTY_DBFS = -80.0  # RMS of a channel that nobody recorded
BELOW_DB = 40.0  # and so far below the other one: what spills over inside an interface


def one_channel(audio: Audio, number: int | None = None) -> tuple[NDArray[np.float64], str | None]:
    """The channel, (frames,), and a note on how it was chosen, None where there was nothing to choose.

    `number` counts from 1 and is for files that have several. Raises AudioError: there is no such channel, or the
    channels differ and none was named.
    """
    if audio.channels == 1:
        return audio.samples[:, 0], None
    if number is not None:
        if not 1 <= number <= audio.channels:
            raise AudioError(f"{audio.name} has {audio.channels} channels; there is no channel {number}.")
        return audio.samples[:, number - 1], f"channel {number} of {audio.channels} of {audio.name} is used, as asked"
    first = audio.samples[:, 0]
    if all(np.array_equal(first, audio.samples[:, k]) for k in range(1, audio.channels)):
        return first, f"{audio.name} holds the same in all of its {audio.channels} channels; one of them is used"
    levels = [rms_dbfs(audio.samples[:, k]) for k in range(audio.channels)]
    loudest = int(np.argmax(levels))
    others = max(level for k, level in enumerate(levels) if k != loudest)
    if others < EMPTY_DBFS and others < levels[loudest] - BELOW_DB:
        return (
            audio.samples[:, loudest],
            f"channel {loudest + 1} of {audio.channels} of {audio.name} is used; nothing was recorded on the others",
        )
    raise AudioError(
        f"{audio.name} has {audio.channels} channels that differ; say which one was recorded (--channel 1 is the left, "
        "--channel 2 the right), or export that one."
    )
