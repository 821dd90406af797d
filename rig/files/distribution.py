"""What rig is called where programs are installed from: `amprig`. On PyPI and in Debian, `rig` belongs to others."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

NAME = "amprig"


def install_line(extra: str = "") -> str:
    """The command that adds what is missing, or an extra, to the installation that runs, by what made it.

    pip finds `amprig` there already, fetches what the extra names, and leaves rig itself alone.
    """
    what = shlex.quote(f"{NAME}[{extra}]") if extra else NAME
    environment = Path(sys.prefix)
    if (environment / "pipx_metadata.json").is_file():
        return f"pipx runpip {environment.name} install {what}"
    if (environment / "uv-receipt.toml").is_file():  # of `uv tool`, whose environments have no pip
        return f"uv pip install --python {shlex.quote(str(environment))} {what}"
    return f"pip install {what}"
