"""The callback that PortAudio calls, called here without PortAudio: buffers, channels, flags, frame counts."""

from __future__ import annotations

import numpy as np
import pytest
from blocks import new_engine, passthrough

from rig.backends.portaudio.callbacks import CONTINUE, LOOK, STREAM, on_finished, on_stream
from rig.dsp.cycle_record import MAX_FRAMES

UNTOUCHED = 7.0


class Stream:
    """A STREAM record with an engine that passes its input on, the second side inverted."""

    def __init__(self, outputs=2, left=0, right=1, input_channel=0):
        self.record = np.zeros(1, STREAM)
        self.state = self.record[0]
        self.engine = new_engine()
        self.scratch = np.zeros((2, MAX_FRAMES), np.float32)
        self.state["host"]["block"], self.state["host"]["engine"] = passthrough.address, self.engine.ctypes.data
        self.state["quiet"], self.state["spare"] = self.scratch[0].ctypes.data, self.scratch[1].ctypes.data
        self.state["output_channels"], self.state["left"], self.state["right"] = outputs, left, right
        self.state["input_channel"] = input_channel

    @property
    def host(self):
        return self.state["host"]

    def call(self, x, frames=None, flags=0):
        """Play the planes `x`, (channels, n); what comes out, (channels, n)."""
        n = frames if frames is not None else x.shape[1]
        y = np.full((int(self.state["output_channels"]), n), UNTOUCHED, np.float32)
        inputs = np.array([row.ctypes.data for row in x], np.int64) if x is not None else np.zeros(0, np.int64)
        outputs = np.array([row.ctypes.data for row in y], np.int64)
        given = inputs.ctypes.data if x is not None else None
        assert on_stream(given, outputs.ctypes.data, n, None, flags, self.record.ctypes.data) == CONTINUE
        return y


def planes(channels, n, seed=0):
    return np.random.default_rng(seed).standard_normal((channels, n)).astype(np.float32)


@pytest.mark.parametrize("frames", [1, 37, 64, MAX_FRAMES, 2 * MAX_FRAMES + 5])
def test_the_chosen_channels_are_played_and_the_others_are_silent(frames):
    stream, x = Stream(outputs=4, left=3, right=1, input_channel=2), planes(3, frames)
    before = x.copy()
    y = stream.call(x)
    np.testing.assert_array_equal(y, [np.zeros(frames), -x[2], np.zeros(frames), x[2]])
    np.testing.assert_array_equal(x, before)  # two readers may share it
    assert stream.engine["frames"][0] == frames
    assert stream.engine["longest"][0] <= MAX_FRAMES


@pytest.mark.parametrize("frames", [64, MAX_FRAMES + 1])
def test_a_single_output_gets_the_mean_of_both_sides(frames):
    stream, x = Stream(outputs=2, left=1, right=1), planes(1, frames)
    np.testing.assert_array_equal(stream.call(x), np.zeros((2, frames)))  # a side and its opposite


@pytest.mark.parametrize("frames", [64, MAX_FRAMES + 1])
def test_without_an_input_the_engine_hears_silence(frames):
    stream = Stream()
    np.testing.assert_array_equal(stream.call(None, frames), np.zeros((2, frames)))
    assert stream.engine["frames"][0] == frames
    assert stream.engine["sum"][0] == 0


def test_frames_and_cycles_are_counted_and_the_frame_time_wraps():
    stream = Stream()
    stream.state["frame_time"] = 2**32 - 100
    for _ in range(2):
        stream.call(planes(1, 64))
    assert stream.host["cycles"] == 2
    assert stream.host["frame_time"] == 2**32 - 36  # of the last cycle's first sample
    assert stream.state["frame_time"] == 28


@pytest.mark.parametrize(("flags", "xruns"), [(0, 0), (1, 1), (2, 1), (4, 1), (8, 1), (4 | 2, 1), (16, 0), (17, 1)])
def test_every_loss_that_portaudio_tells_counts_as_one_xrun(flags, xruns):
    stream = Stream()
    stream.call(planes(1, 8), flags=flags)  # 16: the first buffers, nothing lost
    assert stream.host["xruns"] == xruns


def test_the_block_size_is_the_longest_of_late_and_a_varying_one_is_no_change():
    stream = Stream()
    for frames in (480, 441, 480, 12) * LOOK:
        stream.call(planes(1, frames))
    assert (stream.state["block_size"], stream.host["resizes"]) == (480, 0)
    stream.call(planes(1, 1024))
    assert (stream.state["block_size"], stream.host["resizes"]) == (1024, 1)
    for _ in range(2 * LOOK):
        stream.call(planes(1, 64))
    assert (stream.state["block_size"], stream.host["resizes"]) == (64, 2)


def test_only_a_stream_that_ends_unasked_has_lost_its_card():
    stream = Stream()
    stream.state["leaving"] = 1
    on_finished(stream.record.ctypes.data)
    assert stream.host["gone"] == 0
    stream.state["leaving"] = 0
    on_finished(stream.record.ctypes.data)
    assert stream.host["gone"] == 1
