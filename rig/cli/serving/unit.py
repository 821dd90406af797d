"""The unit that has systemd keep `rig serve` running, for one user; see systemd.service(5) and systemd.exec(5)."""

from __future__ import annotations

NAME = "amprig.service"
# Where pip, pipx and uv put a command for one user comes first; env finds it, as systemd's own list has no home folder.
ANYWHERE = "/usr/bin/env PATH=%h/.local/bin:/usr/local/bin:/usr/bin:/bin amprig"

UNIT = """\
# Written by docs/generate.py; `rig serve --unit` prints it for the program that is started so.
[Unit]
Description=rig, an amplifier of NAM models and cabinet impulse responses
After=pipewire.service wireplumber.service jack.service

[Service]
Type=notify
# Options of your own: the line RIG_SERVE=... in serve.env replaces this one.
Environment=RIG_SERVE=--resume
EnvironmentFile=-%E/rig/serve.env
ExecStart={program} serve $RIG_SERVE
ExecReload=/bin/kill -HUP $MAINPID
WorkingDirectory=%h
Restart=on-failure
RestartSec=5
# The first start of a version compiles it: minutes on a small machine.
TimeoutStartSec=infinity
TimeoutStopSec=20
KillMode=mixed
# As far as the limits of the user allow: see limits.d(5).
LimitRTPRIO=95
LimitMEMLOCK=infinity
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""


def unit(program: str | None = None) -> str:
    """The text of the unit; `program`: the path of the command, None: wherever a user's commands are found."""
    return UNIT.format(program=ANYWHERE if program is None else quoted(program))


def quoted(path: str) -> str:
    """The path of a program as the first word of a unit's line, where dollar signs mean themselves.

    >>> quoted("/home/me/rig 100%/bin/rig")
    '"/home/me/rig 100%%/bin/rig"'
    """
    text = path.replace("%", "%%")
    return f'"{text}"' if set(text) & set(" \t") else text
