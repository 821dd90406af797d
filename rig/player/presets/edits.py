"""Preset files changed while playing: overwritten, renamed, renumbered, deleted, and all of it taken back.

Whoever has learnt a number with hand or foot finds it where it was: before an edit that could move others, each preset
of the setlist gets the number that calls it written into its file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import PresetError
from ...files.atomic_write import free_name, reason, write_bytes
from ...library.preset import ENDING, HIGHEST_NUMBER, LONGEST_NAME, Preset
from ...library.preset_text import stated_number, with_line
from ..carried import Carried
from .setlist import Setlist

MOST_EDITS = 20  # that can be taken back

_Change = Callable[[], None]


@dataclass(slots=True)
class Edit:
    """What was done, in words, and every file as it was before and after; None: there was none.

    `paths`: the setlist before it.
    """

    what: str
    paths: tuple[Path, ...]
    before: dict[Path, bytes | None] = field(default_factory=dict)
    after: dict[Path, bytes | None] = field(default_factory=dict)

    def write(self, path: Path, text: str, *, new: bool = False) -> None:
        """Write a file, whole. FileExistsError for a `new` one that is there already."""
        content = text.encode()
        before = None if new else path.read_bytes()
        write_bytes(path, content, replace=not new)
        self.before.setdefault(path, before)
        self.after[path] = content

    def remove(self, path: Path) -> None:
        """Take a file away."""
        before = path.read_bytes()
        path.unlink()
        self.before.setdefault(path, before)
        self.after[path] = None

    def take_back(self) -> None:
        """All files as they were. OSError where one cannot be written."""
        for path, content in self.before.items():
            if content is None:
                path.unlink(missing_ok=True)
            else:
                write_bytes(path, content)


class PresetEdits(Carried):
    """The edits of a session, the newest last. Each method changes files and answers a sentence about it."""

    CARRIED = ("_edits",)

    def __init__(self) -> None:
        self._edits: list[Edit] = []

    def overwrite(self, setlist: Setlist, at: int, preset: Preset) -> None:
        """Write a preset in place of the one at a position."""
        path = setlist.paths[at]
        edit = Edit(f"overwriting {path.name}", tuple(setlist.paths))
        self._carry_out(edit, lambda: edit.write(path, preset.text(path.parent)), path)

    def rename(self, setlist: Setlist, at: int, name: str) -> list[Path]:
        """Give the preset at a position and its file another name; the files of the list then."""
        checked_name(name)
        paths, path = list(setlist.paths), setlist.paths[at]
        edit = Edit(f"renaming {path.name}", tuple(paths))
        to = path.with_name(f"{name}{ENDING}")

        def change() -> None:
            nonlocal to
            self._pin(edit, setlist)
            text = with_line(_text(path), "name", name)
            if to.name == path.name:
                edit.write(path, text)
                return
            try:
                edit.write(to, text, new=True)
            except FileExistsError:
                to = free_name(path.parent, f"{name}-", ENDING, first=2)
                edit.write(to, text, new=True)
            edit.remove(path)

        self._carry_out(edit, change, path)
        paths[at] = to
        return paths

    def renumber(self, setlist: Setlist, at: int, number: int) -> str | None:
        """Give the preset at a position another number; whose it was gets the old one, and its name is the answer."""
        path, old = setlist.paths[at], setlist.entries[at].number
        other = next((i for i, entry in enumerate(setlist.entries) if entry.number == number and i != at), None)
        edit = Edit(f"number {number} of {setlist.entries[at].name}", tuple(setlist.paths))

        def change() -> None:
            self._pin(edit, setlist)
            if other is not None:
                edit.write(setlist.paths[other], with_line(_text(setlist.paths[other]), "number", old))
            edit.write(path, with_line(_text(path), "number", number))

        self._carry_out(edit, change, path)
        return None if other is None else setlist.entries[other].name

    def delete(self, setlist: Setlist, at: int) -> list[Path]:
        """Take the file at a position away; the files of the list then."""
        path = setlist.paths[at]
        edit = Edit(f"deleting {path.name}", tuple(setlist.paths))

        def change() -> None:
            self._pin(edit, setlist)
            edit.remove(path)

        self._carry_out(edit, change, path)
        return [other for other in setlist.paths if other != path]

    def undo(self) -> Edit:
        """Take the newest edit back. Raises PresetError where there is none, or a file has been changed since."""
        if not self._edits:
            raise PresetError("No preset has been overwritten, renamed, renumbered or deleted that could be restored.")
        edit = self._edits[-1]
        for path, content in edit.after.items():
            if _content(path) != content:
                raise PresetError(f"{path.name} has been changed since {edit.what}; nothing is taken back.")
        try:
            edit.take_back()
        except OSError as error:
            raise PresetError(f"{edit.what} could not be taken back ({error.strerror}).") from error
        self._edits.pop()
        return edit

    def _pin(self, edit: Edit, setlist: Setlist) -> None:
        """Write the number that calls each preset into its file, where it does not stand there."""
        for path, entry in zip(setlist.paths, setlist.entries, strict=True):
            if entry.number <= HIGHEST_NUMBER and stated_number(path) != entry.number:
                try:
                    edit.write(path, with_line(_text(path), "number", entry.number))
                except PresetError:  # a file that is no TOML has no number to lose
                    continue

    def _carry_out(self, edit: Edit, change: _Change, path: Path) -> None:
        """All of it, or nothing."""
        try:
            try:
                change()
            except BaseException:
                edit.take_back()
                raise
        except OSError as error:
            raise PresetError(f"{path}: cannot be written{reason(path, error)}.") from error
        self._edits = [*self._edits, edit][-MOST_EDITS:]


def checked_name(name: str) -> str:
    """A name of a preset that can also be that of its file, or a PresetError."""
    if (
        len(name) > LONGEST_NAME
        or not name.isprintable()
        or set(name) & set('/\\:*?"<>|')
        or name[:1] in (".", "~", "")
    ):
        raise PresetError(f"{name[:LONGEST_NAME]!r} cannot be the name of a preset: it is also the name of its file.")
    return name


def checked_number(text: str) -> int:
    """The number that calls a preset, or a PresetError."""
    if not (text.strip().isascii() and text.strip().isdecimal()) or int(text) > HIGHEST_NUMBER:
        raise PresetError(f"{text.strip()[:LONGEST_NAME]!r} is no number of a preset; 0 to {HIGHEST_NUMBER} are.")
    return int(text)


def save_new(preset: Preset, folder: Path) -> Path:
    """Write into a folder, under the preset's name or the next one with a number that is free."""
    path = folder / f"{preset.name}{ENDING}"
    while True:
        try:
            write_bytes(path, preset.text(folder).encode(), replace=False)
            return path
        except FileExistsError:
            path = free_name(folder, f"{preset.name}-", ENDING, first=2)
        except OSError as error:
            raise PresetError(f"{path}: cannot be written{reason(path, error)}.") from error


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise PresetError(f"{path.name} is no text in UTF-8; mend it with an editor first.") from None


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
