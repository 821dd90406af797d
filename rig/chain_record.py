"""The CHAIN record: all that the signal path works on, as memory that Python and the audio thread share.

It lies below the path itself, so that whatever acts on a chain can name what it changes: `chain.py`, what hangs beside
the path (`side_branches.py`), MIDI (`midi_actions.py`). `engine.py` owns the memory.
"""

from __future__ import annotations

import numpy as np

from .ab_switch import SWITCH
from .dsp.backing.streams import BACKING
from .dsp.cpu_load import LOAD
from .dsp.meter import FLAT_TOPS, METER
from .dsp.native.pointers import offset
from .dsp.ramp import RAMP
from .handover import HANDOVER, LANES
from .lane import SOURCE

PORT, LOOP, RETURN = 0, 1, 2  # the sources: the input port, a tape in its place, what comes back from gear
SOURCES = 3
TAKE_INPUT, TAKE_OUTPUT, TAKE_RETURN = 0, 1, 2
TAKE_PLACES = {"input": TAKE_INPUT, "output": TAKE_OUTPUT, "return": TAKE_RETURN}
TAKES = len(TAKE_PLACES)

CHAIN = np.dtype(
    [
        ("fade_samples", np.int64),
        ("fade_table", np.int64),  # address of float32[fade_samples]
        ("guard", np.int64),  # 1: hard limit at +-1
        ("line", np.int64),  # address of the convolver's LINE
        ("convolve", np.int64),  # address of its function
        ("sources", SOURCE, (SOURCES,)),
        ("tapes", np.int64, (TAKES,)),  # recorders of the input, of the left output and of the return, 0: none
        ("send_source", np.int64),  # which source goes out to the gear
        ("send_gain", RAMP),
        ("probe", np.int64),  # address of a TAPE that plays to the gear and records what comes back, 0: none
        ("switch", SWITCH),
        ("handover", HANDOVER),
        ("mix", RAMP, (LANES,)),  # level of each lane in the mixer
        ("master", RAMP),  # mutes
        ("input_meter", METER),
        ("model_meter", METER),  # what the first lane's model hears
        ("output_meter", METER),
        ("send_meter", METER),
        ("return_meter", METER),
        ("cycles", np.int64),
        ("input_faults", np.int64),  # non-finite samples that came in
        ("load", LOAD),
        ("bus", np.int64),  # scratch, float32[MAX_CHUNK] each
        ("gains", np.int64),
        ("dip", np.int64),
        ("rise", np.int64),  # weight of the new during a fade; the old has 1 - rise
        ("recorder", np.int64),  # address of a RING that takes what is heard, and the guitar with it; 0: none
        ("midi", np.int64),  # address of the MIDI record, 0: nothing listens to MIDI
        ("volume", RAMP),  # the player's own, beside the master
        ("flat_tops", FLAT_TOPS),  # of the input port
        ("backing", BACKING),  # a track beside the guitar
    ],
    align=True,
)
HANDOVER_AT, SWITCH_AT, SOURCES_AT = offset(CHAIN, "handover"), offset(CHAIN, "switch"), offset(CHAIN, "sources")
TAPES_AT, PROBE_AT, RECORDER_AT = offset(CHAIN, "tapes"), offset(CHAIN, "probe"), offset(CHAIN, "recorder")
LOAD_AT, BACKING_AT = offset(CHAIN, "load"), offset(CHAIN, "backing")
SOURCE_BYTES = SOURCE.itemsize
LOOP_AT = SOURCES_AT + LOOP * SOURCE_BYTES + offset(SOURCE, "loop")
