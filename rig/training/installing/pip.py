"""pip at work in a child process: it is watched, ends with rig, and what went wrong becomes one sentence.

Where packages come from is up to the user's own settings of pip (pip.conf, PIP_INDEX_URL and so on), which hold here as
everywhere. What they may be is up to the lock: every file has to have one of its hashes.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ...errors import TrainingError
from .installed_versions import end
from .locked_versions import Requirement

LOOK_EVERY_S = 0.25
# Settings of the user's that say where to install, which is ours to say here.
_NOT_OURS = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_CONSTRAINT", "PIP_REQUIREMENT", "PIP_NO_BINARY", "PIP_LOG")
_COMMON = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--progress-bar", "off")
_NO_NETWORK = re.compile(
    r"NewConnectionError|Failed to establish a new connection|Connection refused|NameResolutionError|getaddrinfo failed"
    r"|Name or service not known|Temporary failure in name resolution|ConnectTimeoutError|ReadTimeoutError|timed out"
    r"|ProxyError|ConnectionResetError|Connection aborted|Max retries exceeded|IncompleteRead"
)
_NO_CERTIFICATE = re.compile(r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError")
_NO_MATCH = re.compile(r"No matching distribution found for ([^\s;]+)")
_NO_ROOM = re.compile(r"No space left on device|Disk quota exceeded|not enough space on the disk")
_WRONG_HASH = re.compile(r"DO NOT MATCH THE HASHES.*?\n\s+(\S+)", re.DOTALL)


class NoSuchFile(TrainingError):
    """None of the places that pip looks at has a file of the lock for this Python and system."""


def fetch(
    python: Path,
    wanted: Sequence[Requirement],
    into: Path,
    folder: Path,
    watch: Callable[[], None],
    more_indexes: Sequence[str] = (),
) -> None:
    """Fetch files of the lock into a folder; those that lie there already are not fetched again. See `run_pip`.

    `more_indexes`: addresses of package indexes to look at besides those of the user's settings.
    """
    words = ["download", *_COMMON, "--retries", "1", "--find-links", str(into), "--dest", str(into)]
    for index in more_indexes:
        words += ["--extra-index-url", index]
    run_pip(python, words, wanted, folder, watch)


def install(python: Path, wanted: Sequence[Requirement], wheels: Path, folder: Path, watch: Callable[[], None]) -> None:
    """Install what was fetched; no place but the folder `wheels` is looked at. See `run_pip`."""
    words = ["install", *_COMMON, "--no-index", "--find-links", str(wheels), "--no-warn-script-location"]
    run_pip(python, words, wanted, folder, watch)


def run_pip(
    python: Path, words: Iterable[str], wanted: Sequence[Requirement], folder: Path, watch: Callable[[], None]
) -> None:
    """Let the pip of an environment do something with requirements; `watch` is called meanwhile, now and then.

    `folder`: for its temporary files, which may be as large as torch. Raises TrainingError, NoSuchFile if it is that,
    and what `watch` raises; pip is ended then.
    """
    asked = folder / "wanted.txt"
    asked.write_text("".join(each.lines for each in wanted), encoding="utf-8")
    command = [str(python), "-I", "-m", "pip", *words, *(("-r", str(asked)) if wanted else ())]
    said = run_watched(command, folder, watch)
    if said is not None:
        raise _fault(said, wanted)


def run_watched(command: Sequence[str], folder: Path, watch: Callable[[], None], own_home: bool = False) -> str | None:
    """Run a command with temporary files in a folder; None: it went well, otherwise all that it said.

    `own_home`: the folder is its home as well, so that it reads and writes nothing of the user's.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    environment |= {"PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "LC_ALL": "C.UTF-8"}
    names = ("TMPDIR", "TMP", "TEMP", *(("HOME", "USERPROFILE") if own_home else ()))
    environment |= dict.fromkeys(names, str(folder))
    log = folder / "said.txt"
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # Ctrl-C is for rig, which ends it
        )
        try:
            while process.poll() is None:
                watch()
                time.sleep(LOOK_EVERY_S)
        finally:
            end(process)
    return log.read_text(encoding="utf-8", errors="replace") if process.returncode else None


def _fault(said: str, wanted: Sequence[Requirement]) -> TrainingError:
    """What pip said, as one sentence with the way out."""
    if _NO_ROOM.search(said):
        return TrainingError("The disk is full: make room, and run it again; it goes on where it was.")
    wrong = _WRONG_HASH.search(said)
    if wrong is not None:
        return TrainingError(
            f"What was fetched as {wrong[1]} is not the file that is locked, and was thrown away: somebody in between "
            "may have changed it; try another network, and see which index pip is set to use."
        )
    if _NO_CERTIFICATE.search(said):
        return TrainingError(
            "The package index cannot be trusted: its certificate is not valid here. See that the clock is right, and "
            "set pip's certificates (PIP_CERT) if a proxy stands in between."
        )
    if _NO_NETWORK.search(said):
        return TrainingError(
            "There is no way to the package index: connect this machine to the network, or let pip's own settings "
            "(PIP_INDEX_URL, PIP_PROXY) name another way, and run it again; it goes on where it was."
        )
    missing = _NO_MATCH.search(said)
    if missing is not None:
        return NoSuchFile(
            f"The package index has no {missing[1]} for this Python and system: let pip's settings (PIP_INDEX_URL) "
            "name one that has, such as PyPI, or give another Python by --python."
        )
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = next((line for line in reversed(lines) if line.startswith("ERROR:")), lines[-1] if lines else "nothing")
    return TrainingError(f"pip failed, and says: {last.removeprefix('ERROR:').strip()[:300]}")
