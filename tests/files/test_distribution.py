"""How something is added to an installation, by what made it."""

import shlex
import sys

import pytest

from rig.files.distribution import install_line


@pytest.mark.parametrize(
    ("receipt", "line"),
    [
        (None, "pip install 'amprig[plots]'"),
        ("pipx_metadata.json", "pipx runpip amprig install 'amprig[plots]'"),
        ("uv-receipt.toml", "uv pip install --python '{}' 'amprig[plots]'"),
    ],
)
def test_an_extra_is_added_by_what_installed_rig(receipt, line, tmp_path, monkeypatch):
    environment = tmp_path / "with a blank" / "amprig"
    environment.mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(environment))
    if receipt:
        (environment / receipt).touch()
    assert install_line("plots") == line.format(environment)
    assert shlex.split(install_line("plots"))[-1] == "amprig[plots]"


def test_what_is_missing_of_rig_itself_is_fetched_under_its_name():
    assert install_line() == "pip install amprig"
