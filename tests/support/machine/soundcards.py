"""What the tests of PortAudio need: whether it is there, a silent card of ALSA, lists of cards as others have them.

PortAudio runs in processes of its own (child.py): importing sounddevice opens a client on the JACK server that
`JACK_DEFAULT_SERVER` names, which a process with other clients must not do.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import sys
from pathlib import Path

import pytest

from rig.backends.portaudio.devices import Device

LIBRARY = ctypes.util.find_library("portaudio")
needs_portaudio = pytest.mark.skipif(LIBRARY is None, reason="PortAudio's library, libportaudio, is not installed")
# Packages for macOS and FreeBSD may leave it out.
needs_its_jack = pytest.mark.skipif(
    LIBRARY is None or not hasattr(ctypes.CDLL(LIBRARY), "PaJack_SetClientName"),
    reason="PortAudio was built without JACK",
)
needs_alsa = pytest.mark.skipif(
    not sys.platform.startswith("linux") or ctypes.util.find_library("asound") is None, reason="there is no ALSA here"
)


def null_card(folder: Path, present: bool = True) -> dict[str, str]:
    """The environment of a machine without JACK, with `nullcard` as its only card: all rates, 128 channels, no clock.

    Call it again with another `present` to take the card out or put it back.
    """
    path = folder / "asound.conf"
    nothing = "pcm.nothing { type nothing }\n"  # PortAudio fails where the whole configuration is one working card
    path.write_text(nothing + ("pcm.nullcard { type null }\n" if present else ""))
    nowhere = {"JACK_DEFAULT_SERVER": f"none-{os.getpid()}", "JACK_NO_START_SERVER": "1"}
    return {**os.environ, **nowhere, "ALSA_CONFIG_PATH": str(path)}


def card(index: int, host_api: str, name: str, inputs: int, outputs: int, usual: bool = False) -> Device:
    """One line of a list that PortAudio might give."""
    return Device(
        index=index,
        name=name,
        host_api=host_api,
        inputs=inputs,
        outputs=outputs,
        usual_rate=44100.0,
        input_latency_s=0.01 if inputs else None,
        output_latency_s=0.01 if outputs else None,
        usual_input=usual and inputs > 0,
        usual_output=usual and outputs > 0,
    )


WINDOWS = (
    card(0, "MME", "Microphone (Realtek)", 2, 0, usual=True),
    card(1, "MME", "Speakers (Realtek)", 0, 2, usual=True),
    card(2, "MME", "Analogue 1 + 2 (Focusrite)", 2, 0),
    card(3, "Windows WASAPI", "Speakers (Realtek)", 0, 2, usual=True),
    card(4, "Windows WASAPI", "Speakers (Focusrite)", 0, 2),
    card(5, "Windows WASAPI", "Analogue 1 + 2 (Focusrite)", 2, 0),
    card(6, "Windows WASAPI", "Microphone (Realtek)", 2, 0, usual=True),
)
MAC = (
    card(0, "Core Audio", "MacBook Pro Microphone", 1, 0, usual=True),
    card(1, "Core Audio", "MacBook Pro Speakers", 0, 2, usual=True),
    card(2, "Core Audio", "Scarlett 18i20 USB", 18, 20),
)
LINUX = (
    card(0, "ALSA", "HDA Intel PCH: ALC257 Analog (hw:0,0)", 2, 2),
    card(1, "ALSA", "Scarlett 2i2 USB: Audio (hw:1,0)", 2, 2),
    card(2, "ALSA", "default", 32, 32, usual=True),
)
