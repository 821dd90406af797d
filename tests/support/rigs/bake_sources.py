"""Sounds to bake."""

from __future__ import annotations

import json

from rigs import NANO

LEAD = """
model = "lead.nam"
level = "normalized"
input_trim_db = 3.0
output_trim_db = -2.0
rumble_hz = 40.0
ir = "1x12.wav"
[gate]
on = true
[tone]
treble_db = 4.0
[[eq]]
type = "peak"
hz = 800.0
gain_db = -6.0
before = true
"""


def stated(target, **metadata):
    """A small model at `target` that says this of itself; its path."""
    content = json.loads(NANO.read_text())
    content["metadata"].update(metadata)
    target.write_text(json.dumps(content))
    return target
