"""Names of interfaces: which two are the same one, and which only look alike."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE")  # whose letters are taken for each other


@lru_cache(4096)  # every look at the table asks for all of its names
def key(name: str) -> str:
    """What is left of a name when case, spaces, dashes and the ways to write a generation are gone.

    >>> key("Scarlett 2i2 (3rd Gen)") == key("scarlett-2i2-gen3") == "scarlett2i2gen3"
    True
    """
    return re.sub(r"[^\w+@]", "", _one_generation(name))  # "SSL 2+" is not "SSL 2"


def word_keys(text: str) -> list[str]:
    """The same of each word of a text, a generation being one word.

    >>> word_keys("scarlett 4th gen")
    ['scarlett', 'gen4']
    """
    return [found for word in _one_generation(text).split() if (found := key(word))]


def _one_generation(text: str) -> str:
    text = re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFKC", text).casefold())
    text = re.sub(r"\b(\d+)(?:st|nd|rd|th) ?gen(?:eration)?\b", r"gen\1", text)
    return re.sub(r"\bgen(?:eration)? ?(\d+)\b", r"gen\1", text)


def mixed_scripts(text: str) -> str:
    """The first word whose letters come from two scripts, as in a name that only looks like another; empty: none.

    >>> mixed_scripts("Universal Audio Apollo"), mixed_scripts("Ap\u043ello 8x") == "Ap\u043ello"
    ('', True)
    """
    for word in () if text.isascii() else text.split():
        names = (unicodedata.name(letter, "") for letter in word if letter.isalpha())
        found = {name.split()[0] for name in names if name.split()[:1] and name.split()[0] in SCRIPTS}
        if len(found) > 1:
            return word
    return ""
