"""Text that somebody types for a capture, refused before anything sounds where no file could hold it."""

from __future__ import annotations

from ..errors import CaptureError
from ..scripting.printable import printable
from ..trainer.capture_fields import is_writable


def checked_text(text: str | None, what: str) -> None:
    """Raise a CaptureError for half a character, as from a terminal that is not UTF-8; `what` names the text."""
    if text is not None and not is_writable(text):
        raise CaptureError(
            f"The {what} '{printable(text)}' is no text in UTF-8: it holds a byte of another encoding; type it again."
        )
