"""Which ports a player means by a name, a part of one, or an expression."""

import pytest

from rig.backends.jack.ports import matching, meant
from rig.errors import BackendError


def test_patterns_are_names_before_parts_of_names_before_expressions():
    ports = ["a:out", "a:out_1", "B (x):out_1"]
    assert matching("a:out", ports) == ["a:out"]
    assert matching("OUT_1", ports) == ["a:out_1", "B (x):out_1"]
    assert matching("B (x)", ports) == ["B (x):out_1"]
    assert matching("out_.$", ports) == ["a:out_1", "B (x):out_1"]
    assert matching("c", ports) == []


def test_a_number_at_the_end_is_a_whole_number():
    ports = [f"system:playback_{n}" for n in range(1, 12)] + ["system:capture_1", "usb:playback_1"]
    assert matching("system:playback_1", ports) == ["system:playback_1"]
    assert matching("playback_1", ports) == ["system:playback_1", "usb:playback_1"]
    assert matching("SYSTEM:PLAYBACK_1", ports) == ["system:playback_1"]
    assert matching("tem:playback_1", ports) == ["system:playback_1"]
    assert matching("system:.*_1", ports) == ["system:playback_1", "system:capture_1"]
    assert matching("_1$", ports[:11]) == ["system:playback_1"]
    assert matching("playback_", ports[:3]) == ports[:3]
    assert matching("OUT", ["a:out", "b:Out", "c:output"]) == ["a:out", "b:Out"]  # whole names before parts


@pytest.mark.parametrize(
    ("pattern", "most", "want"),
    [
        ("system", 1, ["system:capture_1"]),  # a client stands for its first ports
        ("system", 2, ["system:capture_1", "system:capture_2"]),
        ("sys.*", 1, ["system:capture_1"]),
        ("capture_2", 1, ["system:capture_2"]),
        ("capture_[12]", 2, ["system:capture_1", "system:capture_2"]),
    ],
)
def test_a_pattern_means_one_port_or_the_first_of_one_client(pattern, most, want):
    there = ["system:capture_1", "system:capture_2", "system:capture_10", "usb:mic"]
    assert meant("--input", pattern, matching(pattern, there), most) == want


@pytest.mark.parametrize(("pattern", "most"), [("capture", 1), ("capture_", 2), ("s", 1), ("system:capture", 1)])
def test_several_ports_where_one_is_meant_are_listed(pattern, most):
    there = ["system:capture_1", "system:capture_2", "system:capture_10", "usb:mic"]
    found = matching(pattern, there)
    with pytest.raises(
        BackendError, match=rf"--input '{pattern}' matches {len(found)}, and .* wanted: system:capture_1, "
    ):
        meant("--input", pattern, found, most)
