"""Who is asked before the first part of rig is compiled in a process; nothing here imports numba."""

from __future__ import annotations

from collections.abc import Callable


class FirstCompile:
    """`instead` is called in place of the plain sentence; a program that has a screen shows there how far it is."""

    instead: Callable[[], None] | None = None


first_compile = FirstCompile()
