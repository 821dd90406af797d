"""What is public stays as it is, unless somebody means to change it."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import public_api
import pytest

import rig

PINNED = Path(__file__).with_name("public_api.txt")
# What may be anything: plain JSON data, and the record that the audio thread shares with Python.
ANY = {"Comparison.to_json", "Rendered.to_json"}


def test_the_public_names_and_signatures_are_the_pinned_ones():
    pinned = PINNED.read_text(encoding="utf-8").splitlines()
    assert public_api.lines() == pinned, (
        "meant? then: python tests/library/public_api.py > tests/library/public_api.txt"
    )


@pytest.mark.parametrize("name", sorted(public_api.signatures()))
def test_a_public_signature_is_typed_and_says_no_any_where_there_is_a_real_type(name):
    function = public_api.signatures()[name]
    signature = inspect.signature(function)
    types = [str(p.annotation) for p in signature.parameters.values() if p.name != "self"]
    if not isinstance(function, type):
        types.append(str(signature.return_annotation))
    assert not [given for given in types if "_empty" in given], f"{name} lacks a type"
    # `NDArray[Any]`, any type of number, is a real type.
    loose = [given for given in types if re.search(r"\bAny\b", given.replace("NDArray[Any]", ""))]
    assert not loose or name in ANY, f"{name}: {loose}"


@pytest.mark.parametrize("name", sorted(public_api.signatures()))
def test_everything_public_says_what_it_is_for(name):
    assert (public_api.signatures()[name].__doc__ or "").strip(), name


def test_every_public_name_is_there_and_any_other_is_not():
    assert sorted(rig.__all__) == dir(rig)
    assert all(getattr(rig, name) is not None for name in rig.__all__)
    with pytest.raises(AttributeError, match="module 'rig' has no attribute 'Modle'"):
        rig.Modle  # noqa: B018


def test_importing_rig_imports_nothing_heavy():
    heavy = "{'numpy', 'numba', 'scipy', 'soundfile', 'matplotlib'} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, rig; dir(rig); rig.errors; print({heavy} or 'nothing')"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "nothing"
