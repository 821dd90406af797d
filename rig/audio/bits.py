"""How many bits a sample has in a file: asked for, or what suits the format that the ending of its name chooses."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import soundfile as sf

from ..errors import AudioError, RigError
from .wav import FORMATS

Bits = Literal[16, 24, "float"]
SUBTYPES: dict[Bits, str] = {16: "PCM_16", 24: "PCM_24", "float": "FLOAT"}  # as libsndfile calls them


def bits_for(call: str, path: Path, bits: Bits | None, preferred: Bits) -> Bits:
    """The bits of a file: `bits` where given, else those `preferred`, or 24 where the format cannot hold them.

    Raises RigError for what is no number of bits, AudioError for a format that cannot hold what was asked for. An
    unknown ending is left to whoever writes.
    """
    container = FORMATS.get(path.suffix.lower())
    if bits is None:
        return preferred if container is None or sf.check_format(container, SUBTYPES[preferred]) else 24
    if bits not in SUBTYPES:
        raise RigError(f"{call}(bits=...) takes 16, 24, 'float' or None, not {bits!r}.")
    if container is not None and not sf.check_format(container, SUBTYPES[bits]):
        fitting = " or ".join(str(known) for known, name in SUBTYPES.items() if sf.check_format(container, name))
        raise AudioError(
            f"{path.name}: a {container} file holds {fitting} bits, not {bits}; ask for that, or leave it away."
        )
    return bits
