"""Which channels of which sound card a player means, on lists as Windows, macOS and Linux give them."""

import dataclasses

import pytest
from soundcards import LINUX, MAC, WINDOWS, card

from rig.backends.portaudio.devices import choose
from rig.backends.portaudio.libportaudio import open_channels, settings_for
from rig.errors import BackendError


def chosen(devices, **patterns):
    route = choose(devices, **patterns)
    return (route.input.index if route.input else None, route.input_channel, route.output.index, route.output_channels)


@pytest.mark.parametrize(
    ("devices", "patterns", "want"),
    [
        # nothing named: the usual cards of the quickest host API
        (WINDOWS, {}, (6, 0, 3, (0, 1))),
        (MAC, {}, (0, 0, 1, (0, 1))),
        (LINUX, {}, (2, 0, 2, (0, 1))),
        # one side named: the other one on the same card, else the usual one of that host API
        (LINUX, {"input": "scarlett"}, (1, 0, 1, (0, 1))),
        (LINUX, {"output": "Scarlett 2i2"}, (1, 0, 1, (0, 1))),
        (MAC, {"input": "scarlett.*capture_2$"}, (2, 1, 2, (0, 1))),
        (MAC, {"output": "playback_[34]$"}, (2, 0, 2, (2, 3))),
        (MAC, {"input": "18i20.*capture_1", "output": "18i20.*playback_1"}, (2, 0, 2, (0,))),  # not capture_10 to _18
        (MAC, {"input": "Scarlett 18i20 USB:capture_1"}, (2, 0, 2, (0, 1))),
        (WINDOWS, {"input": "focusrite"}, (5, 0, 3, (0, 1))),
        # both named: on one host API
        (WINDOWS, {"input": "focusrite", "output": "focusrite"}, (5, 0, 4, (0, 1))),
        (WINDOWS, {"input": "MME: Analogue.*capture_2", "output": "realtek"}, (2, 1, 1, (0, 1))),
        # a single channel is a single output
        (MAC, {"input": "18i20", "output": "18i20 USB:playback_20"}, (2, 0, 2, (19,))),
        (LINUX, {"input": "ALSA: Scarlett 2i2 USB: Audio (hw:1,0):capture_2"}, (1, 1, 1, (0, 1))),
    ],
)
def test_a_name_or_a_part_of_it_chooses_cards_and_channels(devices, patterns, want):
    assert chosen(devices, **patterns) == want


def test_without_an_input_there_is_still_something_to_play_through():
    route = choose(MAC[1:2])
    assert (route.input, route.output_channels) == (None, (0, 1))
    assert route.sentences()[0] == "There is no input: only a file or a loop can be heard."


def test_what_is_used_is_said_by_the_names_that_choose_it():
    assert choose(MAC, "18i20.*capture_3", "playback_[78]$").sentences() == [
        "in:  Core Audio: Scarlett 18i20 USB:capture_3",
        "out: Core Audio: Scarlett 18i20 USB:playback_7, playback_8",
    ]


@pytest.mark.parametrize(
    ("devices", "patterns", "sentence"),
    [
        ((), {}, "PortAudio finds no sound card: plug one in"),
        (MAC[:1], {}, "PortAudio finds no sound card"),
        (
            MAC,
            {"input": "apollo"},
            r"No capture channel matches --input 'apollo'; there are: Core Audio: MacBook Pro Microphone \(capture_1\)"
            r", Core Audio: Scarlett 18i20 USB \(capture_1 to capture_18\)\.",
        ),
        (MAC, {"output": "playback_21"}, "No playback channel matches --output 'playback_21'; there are: "),
        (MAC[1:2], {"input": "x"}, "there is no capture channel at all"),
        (
            LINUX,
            {"input": "capture_1"},
            r"--input 'capture_1' matches 3, and one is wanted: ALSA: HDA Intel .*, ALSA: Scarlett .*, ALSA: default",
        ),
        (
            MAC,
            {"input": "18i20 USB:capture"},
            r"--input '18i20 USB:capture' matches 18, and one is wanted: Core Audio: ",
        ),
        (MAC, {"output": "18i20 USB:playback"}, r"matches 20, and 2 at most are wanted: .*playback_12, \.\.\."),
        (
            (*LINUX, card(3, "OSS", "/dev/dsp", 2, 2)),
            {"input": "dsp", "output": "scarlett"},
            "OSS: /dev/dsp and ALSA: Scarlett.* do not go together",
        ),
    ],
)
def test_what_cannot_be_chosen_is_one_sentence_with_what_there_is(devices, patterns, sentence):
    with pytest.raises(BackendError, match=sentence):
        choose(devices, **patterns)


def test_a_card_that_comes_back_under_another_number_is_the_same_and_another_card_is_not():
    route = choose(LINUX, "scarlett")
    moved = dataclasses.replace(LINUX[1], index=0, name="Scarlett 2i2 USB: Audio (hw:3,0)")
    again = route.again([moved, LINUX[0]])
    assert (again.input, again.output, again.output_channels) == (moved, moved, (0, 1))
    with pytest.raises(BackendError, match=r"Scarlett 2i2 USB: Audio \(hw:1,0\) is not there any more"):
        route.again([LINUX[0], LINUX[2]])  # no microphone beside loudspeakers in its place


class Told:
    """sounddevice, as far as it takes settings for a host API; a machine has some of these at best."""

    AsioSettings = staticmethod(lambda **settings: ("ASIO", settings))
    CoreAudioSettings = staticmethod(lambda **settings: ("Core Audio", settings))
    WasapiSettings = staticmethod(lambda **settings: ("WASAPI", settings))


@pytest.mark.parametrize("exclusive", [False, True])
def test_every_host_api_is_told_the_channels_and_whether_others_may_play_too(exclusive):
    mac, windows, linux = MAC[2], WINDOWS[4], LINUX[1]
    studio = card(0, "ASIO", "Focusrite USB ASIO", 8, 4)
    assert settings_for(Told, studio, "input", (5,), exclusive) == (1, ("ASIO", {"channel_selectors": [5]}))
    own = {"change_device_parameters": exclusive, "fail_if_conversion_required": exclusive}
    assert settings_for(Told, mac, "input", (2,), exclusive) == (1, ("Core Audio", {"channel_map": [2], **own}))
    places = [-1, -1, 0, 1, *[-1] * 16]  # one for each of 20 channels: the third is our first
    assert settings_for(Told, mac, "output", (2, 3), exclusive) == (2, ("Core Audio", {"channel_map": places, **own}))
    assert settings_for(Told, windows, "output", (0,), exclusive) == (2, ("WASAPI", {"exclusive": exclusive}))
    assert settings_for(Told, linux, "output", (1,), exclusive) == (2, None)


def test_host_apis_that_can_open_single_channels_open_no_more_than_are_used():
    assert open_channels(choose(MAC, "18i20.*_5", "18i20.*_7")) == (0, 1, (0,))
    assert open_channels(choose(LINUX, "scarlett.*_2", "scarlett.*_2")) == (1, 2, (1,))
    assert open_channels(choose(WINDOWS, "focusrite", "focusrite.*_1")) == (0, 2, (0,))  # WASAPI: always all
