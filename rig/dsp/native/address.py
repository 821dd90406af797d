"""An address as a type of its own, so that the type checker sees a length or a count where one belongs."""

from __future__ import annotations


class Address(int):
    """Where something lies in memory, in bytes from 0; 0 itself: nowhere. Compiled code sees a plain int64.

    An address and a number of bytes are an address again:

    >>> isinstance(Address(64) + 8, Address)
    True
    """

    __slots__ = ()

    def __add__(self, nbytes: int, /) -> Address:
        return Address(int(self) + nbytes)


NOWHERE = Address(0)
