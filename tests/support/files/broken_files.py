"""Files that no loader may accept: no `.nam` files at all, hostile ones, and models that break one rule each.

`CASES` maps what is wrong to the content, bytes or a JSON document or a function that makes one (the large ones), and
the words of the sentence that must say so.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from broken_details import MORE_BROKEN_MODELS
from broken_models import ARRAY, BROKEN_MODELS, GOOD, put
from model_files import chain, layer_array, linear, lstm, wavenet_of

TEXT = json.dumps(GOOD).encode()
LSTM = json.dumps(lstm(1, 3) | {"weights": [0]}).partition("0]")[0] + "0"
FULL = 8 << 20  # the largest file that is read


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("amp.nam", TEXT)
    return packed.getvalue()


def weights(*values: str) -> bytes:
    """A model of these weights, as they are spelled."""
    return TEXT.replace(b'"weights": [', b'"weights": [' + ", ".join(values).encode() + b", ")


def filled(before: str, again: str, after: str = "") -> Callable[[], bytes]:
    """A file of the full size that repeats itself."""
    times = (FULL - len(before.encode()) - len(after.encode())) // len(again.encode())
    return lambda: (before + again * times + after).encode()


UNREADABLE = {
    "empty": (b"", "the file is empty"),
    "spaces": (b"  \n", "the file is empty"),
    "a byte order mark alone": (b"\xef\xbb\xbf", "the file is empty"),
    "two byte order marks": (b"\xef\xbb\xbf" * 2 + TEXT, "not JSON"),
    "not text": (b"\xff\xfe\x00RIFF", "no text in UTF-8"),
    "not JSON": (b"RIFF....WAVY", "not JSON"),
    "a WAV file": (b"RIFF....WAVE", r"an audio file \(WAV\), not a NAM file; the model comes first"),
    "a web page": (
        b"<!DOCTYPE html><html><body>404</body></html>",
        "a web page, not a NAM file; the download has gone",
    ),
    "gzip": (gzip.compress(TEXT), "a gzip archive, not a NAM file; unpack it"),
    "zip": (zipped(), "a ZIP archive, not a NAM file; unpack it, and name a .nam file in it"),
    "UTF-16": (TEXT.decode().encode("utf-16"), "no text in UTF-8"),
    "UTF-16 without a mark": (TEXT.decode().encode("utf-16-le"), "not JSON"),
    "UTF-32": (TEXT.decode().encode("utf-32"), "no text in UTF-8"),
    "Latin-1": (TEXT.replace(b"WaveNet", b"W\xe4veNet"), "no text in UTF-8"),
    "an encoded surrogate": (TEXT.replace(b"WaveNet", b"\xed\xa0\x80"), "no text in UTF-8"),
    "an overlong byte": (TEXT.replace(b"WaveNet", b"\xc0\x80"), "no text in UTF-8"),
    "zeros": (bytes(1 << 20), "not JSON"),
    "zeros behind the brace": (b"{" + bytes(1 << 20), "not JSON"),
    "truncated": (TEXT[:300], "the file is cut off"),
    "truncated in a word": (b'{"version": "0.5', "the file is cut off"),
    "truncated in an escape": (b'{"version": "0.5\\', "the file is cut off"),
    "truncated in a literal": (b'{"version": nul', "the file is cut off"),
    "a comment": (b'{"version": "0.5.4", // hello\n "weights": []}', "not JSON"),
    "single quotes": (TEXT.replace(b'"', b"'"), "not JSON"),
    "a comma too many": (b'{"version": "0.5.4",}', "not JSON"),
    "no comma": (b'{"version": "0.5.4" "weights": []}', "not JSON"),
    "a key that is a number": (b'{1: "0.5.4"}', "not JSON"),
    "Python": (str(GOOD).encode(), "not JSON"),
    "a tab in a text": (b'{"version": "0.5\t4"}', "not JSON"),
    "a zero byte in a text": (b'{"version": "0.5\x004"}', "not JSON"),
    "a bad escape": (b'{"version": "\\x30"}', "not JSON"),
    "a bad unicode escape": (b'{"version": "\\u12", "weights": []}', "not JSON"),
    "NaN": (weights("NaN"), "contains NaN"),
    "Infinity": (weights("-Infinity"), "contains -Infinity"),
    "Infinity that nobody reads": (b'{"comment": Infinity}', "contains Infinity"),
    "a hexadecimal number": (weights("0x10"), "not JSON"),
    "a number with a plus": (weights("+1"), "not JSON"),
    "a number with a leading zero": (weights("01"), "not JSON"),
    "a number without a zero": (weights(".5"), "not JSON"),
    "a number without decimals": (weights("1."), "not JSON"),
    "1e400": (weights("1e400"), "are not finite in float32"),
    "-1e400": (weights("-1e400"), "are not finite in float32"),
    "an exponent of ten digits": (weights("1e9999999999"), "are not finite in float32"),
    "numbers that are no more than zero": (weights("-0", "-0.0", "1e-9999999999"), r"holds \d+ weights"),
    "a number of 5000 digits": (weights("9" * 5000), "thousands of digits"),
    "2,000 numbers of 4,000 digits": (lambda: weights(*["9" * 4000] * 2000), "has a number beyond float32"),
    "a list": (b"[1, 2]", "a list of 2 where an object is expected"),
    "a number": (b"3", "3 where an object is expected"),
    "a text": (b'"WaveNet"', "WaveNet where an object is expected"),
    "null": (b"null", "null where an object is expected"),
    "an empty object": (b"{}", "not a NAM file .no architecture and no weights."),
    "another JSON": (b'{"taps": [1, 2]}', "not a NAM file .no architecture and no weights."),
    "an architecture of half a character": (
        TEXT.replace(b"WaveNet", b"\\ud800"),
        r"architecture is '\\ud800', expected",
    ),
    "an architecture in bold red": (TEXT.replace(b"WaveNet", b"\\u001b[1;31mWaveNet"), r"is '\\x1b\[1;31mWaveNet'"),
    "an architecture on two lines": (TEXT.replace(b"WaveNet", b"Wave\\nNet"), r"architecture is 'Wave\\nNet'"),
    "a key that comes twice": (TEXT[:-1] + b', "version": "0.1.0"}', "version is 0.1.0, expected 0.5.0"),
}

HOSTILE = {
    "too large": (b" " * (9 << 20), "more than 8 MiB"),
    "8 MiB of spaces": (filled("", " "), "the file is empty"),
    "8 MiB of spaces in front": (filled("", " ", "]"), "not JSON"),
    "8 MiB of open lists": (filled("", "["), "more than 50000 lists"),
    "8 MiB of open objects": (filled("", '{"":'), "more than 50000 objects|more than 200000 quotes"),
    "40,000 open lists": (b"[" * 40_000, "nested too deep"),
    "40,000 open objects": (b'{"a":' * 40_000, "nested too deep"),
    "40,000 lists, closed again": (b'{"weights": ' + b"[" * 40_000 + b"]" * 40_000 + b"}", "nested too deep"),
    "8 MiB of empty lists": (filled('{"weights": [[]', ",[]", "]}"), "more than 1000000 values"),
    "8 MiB of empty objects": (filled('{"weights": [0', ",{}", "]}"), "more than 1000000 values"),
    "8 MiB of short objects": (filled('{"weights": [0', ',{"":0}', "]}"), "more than .* which no NAM file has"),
    "8 MiB of short texts": (filled('{"weights": [0', ',"ab"', "]}"), "more than .* which no NAM file has"),
    "8 MiB of short numbers": (filled('{"weights": [0', ",7", "]}"), "more than 1000000 values"),
    "8 MiB of longer numbers": (
        filled(LSTM, ",0.1234567", "]}"),
        r"weights is a list of \d+, more than the 500000 weights",
    ),
    "8 MiB of one number": (filled('{"weights": [', "7", "]}"), "thousands of digits"),
    "8 MiB of one fraction": (filled('{"weights": [0.', "7", "]}"), "version is missing"),
    "8 MiB of one exponent": (filled('{"weights": [1e', "7", "]}"), "version is missing"),
    "8 MiB of one text": (filled('{"architecture": "', "a", '"}'), "version is missing"),
    "8 MiB of one architecture": (
        filled('{"version": "0.5.4", "architecture": "', "a", '"}'),
        r"is aaa.*\.\.\., expected|m",
    ),
    "8 MiB of one version": (
        filled('{"architecture": "LSTM", "version": "', "5", '"}'),
        r"version is 555.*\.\.\., exp",
    ),
    "8 MiB of one text without an end": (filled('{"architecture": "', "a"), "the file is cut off"),
    "8 MiB of escapes without an end": (filled('{"architecture": "', "\\n"), "the file is cut off"),
    "8 MiB of a word": (filled('{"architecture": ', "a"), "the file is cut off"),
    "8 MiB of a word and a comma": (filled('{"architecture": ', "a", ","), "not JSON"),
    "8 MiB of wide characters": (filled('{"weights": "', "🎸", '"}'), "version is missing"),
    "8 MiB with one wide character": (filled('{"weights": "🎸', "a", '"}'), "version is missing"),
    "8 MiB of one key": (filled('{"weights": 1, "', "a", '": 1}'), "version is missing"),
    "8 MiB of the same key": (filled('{"weights": 1', ',"k":1', "}"), "more than .* which no NAM file has"),
    "8 MiB of lines": (filled('{"weights": [', "\n", "!"), r"not JSON \(line \d+, column 1\)"),
    "8 MiB behind the model": (
        lambda: TEXT.replace(b"0.5.4", b"0.1.0") + b"x" * (FULL - len(TEXT)),
        "version is 0.1.0",
    ),
    "90,000 unknown keys": (
        lambda: put("config", GOOD["config"] | {f"x{i}": None for i in range(90_000)}, model=put("weights", [])),
        "the file holds 0 weights",
    ),
    "90,000 keys of nothing": (
        lambda: put(*ARRAY, {f"x{i}": None for i in range(90_000)}),
        "input_size is missing|channels is missing",
    ),
    "a number for each of 100,000 dilations": (
        lambda: put(*ARRAY, "dilations", list(range(1, 100_001))),
        "asks for 100000 layers, more than the 1024",
    ),
    "a past of a billion": (put(*ARRAY, "dilations", [1, 10**9]), r"dilations\[1\] is 1000000000, expected .* 1048576"),
    "500,000 weights, the last one bad": (
        lambda: put("weights", [0.5] * 499_999 + [1e39]),
        r"1 of 500000 weights are not finite in float32 \(first: weights\[499999\]\)",
    ),
    "the same slopes for 1,000 layers": (
        lambda: put(
            *ARRAY,
            layer_array(1024, 1, 2, (1,) * 1000, activation={"type": "PReLU", "negative_slopes": [0.5] * 1024}),
        ),
        "the file asks for 33792 slopes, more than the 32768",
    ),
    "the same slopes for 1,000 layers of a head": (
        lambda: put(
            *("config", "head"),
            {
                "channels": 1,
                "out_channels": 1,
                "kernel_sizes": [1] * 1000,
                "activation": {"type": "PReLU", "negative_slopes": [0.5] * 1000},
            },
        ),
        "has 1000 slopes, expected 1 or 1",
    ),
    "4,000 arrays of 1,000 layers": (
        lambda: put("config", "layers", [layer_array(1, 1, 1, (1,) * 1000, 1)] * 400),
        "config asks for 2000 layers, more than the 1024",
    ),
    "all FiLM sites of 1,024 layers": (
        lambda: put(*ARRAY, layer_array(3, 1, 2, (1,) * 1022, **{s: {} for s in ("conv_pre_film", "conv_post_film")})),
        r"holds \d+ weights, .* asks for",
    ),
    "an LSTM that never gets ready": (
        lambda: (
            put("config", "hidden_size", 350, model=lstm(1, 3)) | {"weights": [0.1] * 493_851, "sample_rate": 384_000}
        ),
        "asks for 94416000000 multiply-adds to settle, more than the 17179869184",
    ),
    "slim sizes without end": (
        lambda: (
            wavenet_of(
                [
                    a | {"slimmable": {"method": "slice_channels_uniform"}}
                    for a in chain(list(range(60, 1, -1)), dilations=(1,))
                ]
            )
            | {"metadata": 3, "weights": [0.0]}
        ),
        "holds 1 weights, .* asks for",
    ),
    "1,000 networks, the last one broken": (
        lambda: {
            **GOOD,
            "architecture": "Sequential",
            "weights": [],
            "config": {"models": [linear(1)] * 1000 + [linear(2) | {"weights": []}]},
        },
        r"models\[1000\] holds 0 weights, .* asks for 3",
    ),
}

CASES: dict[str, tuple[Any, str]] = UNREADABLE | HOSTILE | BROKEN_MODELS | MORE_BROKEN_MODELS


def content(name: str) -> bytes:
    """The bytes of one case."""
    made = CASES[name][0]
    made = made() if callable(made) else made
    return made if isinstance(made, bytes) else json.dumps(made).encode()


def write_all(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every case as a file, one at a time."""
    for i, name in enumerate(CASES):
        path = folder / f"amp {i}.nam"
        path.write_bytes(content(name))
        yield name, path
