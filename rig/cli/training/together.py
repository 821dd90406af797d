"""Several trainings at one terminal: a row each while they run, in a log one line for all, and sentences by name."""

from __future__ import annotations

from ..display.rows import Span
from ..display.screen import Screen


class Together:
    """The terminal that several trainings share."""

    def __init__(self, screen: Screen) -> None:
        self._screen, self._forms = screen, dict[int, tuple[str, ...]]()

    def place(self, number: int, name: str) -> Part:
        """The part of one of them."""
        return Part(self, number, name)

    def say(self, text: str) -> None:
        """A sentence that stays."""
        self._screen.say(text)
        self._show()

    def line(self, number: int, *forms: str) -> None:
        """What one of them says of itself now, the first of its forms that fits; nothing: it runs no more."""
        if forms:
            self._forms[number] = forms
        else:
            self._forms.pop(number, None)
        self._show()

    def end(self) -> None:
        """Leave the rows."""
        self._screen.end()

    def _show(self) -> None:
        shown = [self._forms[number] for number in sorted(self._forms)]
        if self._screen.is_live:
            width = self._screen.size[0] - 1
            fitting = [next((form for form in forms if len(form) <= width), forms[-1]) for forms in shown]
            self._screen.rows([(Span(form),) for form in fitting])
        elif shown:
            self._screen.line("   ".join(forms[-1] for forms in shown))


class Part:
    """Where one of them is shown."""

    def __init__(self, together: Together, number: int, name: str) -> None:
        self._together, self._number, self._name = together, number, name

    def say(self, text: str) -> None:
        """A sentence, with its name where it has none."""
        self._together.say(text if text.startswith(f"{self._name}: ") else f"{self._name}: {text}")

    def line(self, *forms: str) -> None:
        """Its row."""
        self._together.line(self._number, *forms)

    def end(self) -> None:
        """It has ended: its row goes."""
        self._together.line(self._number)
