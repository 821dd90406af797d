"""The names people know: is this network one of the official shapes?"""

from __future__ import annotations

from .architectures.base import Architecture
from .architectures.wavenet import WaveNetConfig
from .layers.layers import LayerArray

_TEN = tuple(1 << i for i in range(10))
_SEVEN = _TEN[:7]
_THIRTEEN = (128, 256, 512, *_TEN)
_A1 = {
    (16, 8): ("A1 standard", _TEN, _TEN),
    (12, 6): ("A1 lite", _SEVEN, _THIRTEEN),
    (8, 4): ("A1 feather", _SEVEN, _THIRTEEN),
    (4, 2): ("A1 nano", _SEVEN, _THIRTEEN),
}
_A2_ROUND = (1, 3, 7, 17, 41, 101, 239)
_A2_DILATIONS = _A2_ROUND + _A2_ROUND + (1, 13) + _A2_ROUND
_A2_KERNELS = (6,) * 14 + (15,) * 2 + (6,) * 7
_A2 = {8: "A2", 3: "A2 lite"}


def family(net: Architecture) -> str | None:
    """`A1 standard`, `A2 lite`, ...; None for any other shape."""
    if not isinstance(net, WaveNetConfig) or not all(map(_is_plain, net.arrays)) or net.post_head or net.condition:
        return None
    widths = tuple(array.channels for array in net.arrays)
    if len(widths) == 2 and widths in _A1 and all(_is_a1(array) for array in net.arrays):
        name, first, second = _A1[widths[0], widths[1]]
        return name if (_dilations(net.arrays[0]), _dilations(net.arrays[1])) == (first, second) else None
    if len(widths) == 1 and _is_a2(net.arrays[0]):
        return _A2.get(widths[0])
    return None


def _is_plain(array: LayerArray) -> bool:
    """Nothing that A1 and A2 do not have."""
    plain = array.bottleneck == array.channels and array.layer1x1_groups == 1 and array.head1x1 is None
    grouped = array.groups_input > 1 or array.groups_mixin > 1
    return plain and not grouped and not array.films and all(layer.gating == "none" for layer in array.layers)


def _dilations(array: LayerArray) -> tuple[int, ...]:
    return tuple(layer.dilation for layer in array.layers)


def _is_a1(array: LayerArray) -> bool:
    plain = all(layer.kernel == 3 and layer.activation.name == "Tanh" for layer in array.layers)
    return plain and array.head.kernel == 1


def _is_a2(array: LayerArray) -> bool:
    activations = [layer.activation for layer in array.layers]
    leaky = all(a.name == "LeakyReLU" and a.functions[0].parameters == (0.01,) for a in activations)
    kernels = tuple(layer.kernel for layer in array.layers)
    return leaky and (kernels, _dilations(array), array.head.kernel) == (_A2_KERNELS, _A2_DILATIONS, 16)
