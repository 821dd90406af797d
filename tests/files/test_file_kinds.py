"""A file of another kind in the place of a model or a cabinet is named as what it is."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from rig.audio import wav
from rig.cabinet.ir import IR
from rig.cli.options import irs_from, models_from
from rig.errors import AudioError, IRError, ModelError
from rig.files import bundled
from rig.files.file_kinds import kind_of_file
from rig.nam import Model


@pytest.fixture
def files(tmp_path):
    """A pack, a recording, a model, a page."""
    with zipfile.ZipFile(tmp_path / "pack.zip", "w") as pack:
        pack.writestr("amp.nam", "{}")
    wav.write(tmp_path / "cab.wav", np.full(4800, 0.5), 48000)
    wav.write(tmp_path / "long.wav", np.zeros(3_000_000), 48000)  # more than any model has
    wav.write(tmp_path / "cab.flac", np.full(4800, 0.5), 48000)
    (tmp_path / "amp.nam").write_bytes(bundled.models()[0].read_bytes())
    (tmp_path / "page.nam").write_text("<!DOCTYPE html><html>404")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("pack.zip", r"^pack\.zip: a ZIP archive, not a NAM file; unpack it, and name a \.nam file in it"),
        ("cab.wav", r"^cab\.wav: an audio file \(WAV\), not a NAM file; the model comes first, and a cabinet after it"),
        ("long.wav", r"^long\.wav: an audio file \(WAV\), not a NAM file"),
        ("cab.flac", r"an audio file \(FLAC\), not a NAM file"),
        ("page.nam", r"^page\.nam: a web page, not a NAM file; the download has gone wrong"),
    ],
)
def test_in_the_place_of_a_model(files, name, sentence):
    with pytest.raises(ModelError, match=sentence):
        Model.load(files / name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("pack.zip", r"^pack\.zip: a ZIP archive, not an audio file; unpack it, and name an audio file in it\.$"),
        (
            "amp.nam",
            r"^amp\.nam: a NAM model, not an audio file; the model comes first, and the audio file after it\.$",
        ),
        ("page.nam", r"^page\.nam: a web page, not an audio file"),
    ],
)
def test_in_the_place_of_a_cabinet_or_a_guitar(files, name, sentence):
    with pytest.raises(IRError, match=sentence):
        IR.load(files / name)
    with pytest.raises(AudioError, match=sentence):
        wav.read(files / name)


def test_a_folder_that_holds_nothing_but_a_pack_says_so(files):
    folder = files / "packs"
    folder.mkdir()
    (files / "pack.zip").rename(folder / "pack.zip")
    with pytest.raises(ModelError, match=r"this folder holds no \.nam file.* There is pack\.zip: unpack it first\.$"):
        models_from(folder, [])
    with pytest.raises(IRError, match=r"There is pack\.zip: unpack it first\.$"):
        irs_from(folder, [])


def test_what_is_as_it_should_be_is_no_other_kind(files):
    assert Model.load(files / "amp.nam").name
    assert kind_of_file(files / "nothing.wav") is None
    assert kind_of_file(files / "cab.wav") == "an audio file (WAV)"
