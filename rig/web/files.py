"""The files of the page, read once when rig starts: what is asked for later is looked up by name, and never on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .. import __version__

FOLDER = Path(__file__).parent / "static"
INDEX = "/index.html"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".wav": "audio/wav",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
}
OTHER = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent."""

    content: bytes
    type: str
    etag: str

    @classmethod
    def of(cls, content: bytes, ending: str) -> File:
        """A file of that ending."""
        return cls(content, TYPES.get(ending, OTHER), f'"{hashlib.sha256(content).hexdigest()[:16]}"')


class Files:
    """All there is to be had by GET, by its path: the files of a folder, and some of `FOLDER` by name."""

    def __init__(self, folder: Path = FOLDER, shared: Iterable[str] = ()) -> None:
        self._files = {f"/{name}": File.of((FOLDER / name).read_bytes(), Path(name).suffix) for name in shared}
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not any(part.startswith(".") for part in name.split("/")):
                self._files[f"/{name}"] = File.of(path.read_bytes(), path.suffix.lower())
        every = "".join(f"{name} {file.etag}\n" for name, file in self._files.items())
        self.version = hashlib.sha256(every.encode()).hexdigest()[:16]
        told = f"export const RIG = {json.dumps(__version__)};\nexport const PAGE = {json.dumps(self.version)};\n"
        self._files["/version.js"] = File.of(told.encode(), ".js")

    def get(self, path: str) -> File | None:
        """The file of a path, without what follows a `?`; None: there is none."""
        path = path.partition("?")[0]
        return self._files.get(INDEX if path == "/" else path)

    @property
    def paths(self) -> list[str]:
        """What there is."""
        return list(self._files)
