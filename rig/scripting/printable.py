"""Text from elsewhere, such as the name of a file or of a model, made harmless where it is shown.

A name may hold what steers a terminal, turns the direction of reading, or is no character at all: bytes of a file name
that are no UTF-8, which Python keeps as lone surrogates. All of it is shown by its escape, and never acted on.
"""

from __future__ import annotations

import html
import unicodedata

SPACES = "Zs"  # the category of spaces of any width: harmless, and common in names


def printable(text: str, keep: str = "") -> str:
    r"""The text with an escape in place of each character that cannot be seen, but for those in `keep`.

    >>> printable("caf\udce9.wav"), printable("a\x1b[2Jb"), printable("one\ntwo"), printable("one\ntwo", keep="\n")
    ('caf\\xe9.wav', 'a\\x1b[2Jb', 'one\\ntwo', 'one\ntwo')
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep or unicodedata.category(c) == SPACES else _escape(c) for c in text)


def in_html(text: str) -> str:
    r"""The same in a page, where no tag begins in it either.

    >>> in_html("<b>caf\udce9</b>")
    '&lt;b&gt;caf\\xe9&lt;/b&gt;'
    """
    return html.escape(printable(text))


def _escape(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # a byte that is no UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("ascii", "backslashreplace").decode() if character > "\x7f" else repr(character)[1:-1]
