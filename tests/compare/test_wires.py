"""The cables of a comparison over a JACK server: listed as they are, and plugged otherwise while it plays."""

from __future__ import annotations

import pytest
from device import Device
from jackserver import JACKD_IS_MISSING

from rig.backends.jack.client import Jack
from rig.compare.live.wires import Wires
from rig.dsp.native.address import NOWHERE
from rig.errors import BackendError

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")


@pytest.fixture
def plugged(jack_server):
    with Device(jack_server, 137), Jack("wires", jack_server.name, gear=("send", "return")) as backend:
        backend.start(int(backend.host["block"]), NOWHERE)
        backend.connect()
        backend.connect_gear("preamp:in", "preamp:out")
        yield backend, Wires(backend)


def connected(wires, way):
    return [port.name for port in wires.ports() if port.way == way and port.connected]


def test_what_can_be_chosen_is_listed_with_what_is(plugged):
    backend, wires = plugged
    assert wires.ways == ["input", "send", "return", "output"]
    assert connected(wires, "send") == ["preamp:in"]
    assert connected(wires, "return") == ["preamp:out"]
    assert connected(wires, "output") == ["system:playback_1", "system:playback_2"]
    assert {port.name for port in wires.ports() if port.way == "input"} >= {"system:capture_1", "preamp:out"}
    assert not any(port.name.startswith(backend.name) for port in wires.ports())


def test_a_way_is_plugged_into_another_port_and_no_other(plugged):
    backend, wires = plugged
    wires.plug("input", "capture_2")
    assert backend.connections()["in"] == ["system:capture_2"]
    wires.plug("output", "system:playback_2")
    assert (backend.connections()["out_1"], backend.connections()["out_2"]) == (["system:playback_2"],) * 2
    wires.plug("output", "system:playback_1,system:playback_2")
    assert backend.connections()["out_2"] == ["system:playback_2"]
    wires.plug("return", "system:capture_1")
    assert connected(wires, "return") == ["system:capture_1"]
    assert wires.plug("return", "system:capture_1") == []  # it is so already


@pytest.mark.parametrize(
    ("way", "text", "why"),
    [
        ("input", "nowhere", "No capture port matches input_port 'nowhere'; there are: "),
        ("return", "preamp:in", "No capture port matches"),
        ("send", " ", "Name the port that leads to the gear."),
        ("input", "capture", "matches 2, and one is wanted"),
    ],
)
def test_what_is_no_port_changes_nothing(plugged, way, text, why):
    backend, wires = plugged
    before = backend.connections()
    with pytest.raises(BackendError, match=why):
        wires.plug(way, text)
    assert backend.connections() == before


def test_without_gear_there_is_no_send(jack_server):
    with Jack("alone", jack_server.name) as backend:
        assert Wires(backend).ways == ["input", "output"]
        with pytest.raises(BackendError, match="There is no send here: no gear hangs on rig"):
            Wires(backend).plug("send", "preamp:in")
