"""The gain of the preamp while a level is measured, where the driver of the interface shows it."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...errors import CaptureError, ConfigError
from ..console import Console
from ..knob_watch import knob_asked, row_of
from ..options import KEPT

if TYPE_CHECKING:
    from ...knob.preamp import Reading

KEPT_IS = "what is kept is the level of the instrument input without a pad"


class MeasuredGain:
    """`gain_db`: above minimum, as given, or as read while it was `watched`."""

    def __init__(self, options: argparse.Namespace, operator: Console) -> None:
        self._options, self._operator = options, operator
        self.gain_db = float(options.preamp_gain_db)

    @contextlib.contextmanager
    def watched(self, port: str) -> Iterator[None]:
        """Read it before and after. Raises CaptureError for LINE, a pad, or a knob that moved meanwhile."""
        before = self._reading(port)
        if before is not None:
            self._operator.say(f"Knob       read from {before.interface}, {before.text}")
            self._refuse_line_and_pad(before)
        yield
        if before is None:
            return
        after = self._reading(port)
        if after != before:
            found = "it is gone" if after is None else after.text
            raise CaptureError(f"The knob moved while the level was measured ({found}): measure again.")
        from ...knob.in_force import in_force
        from ...knob.in_force import row_of as in_table

        gain_db = in_force(before, None, in_table(before.interface)).gain_db
        self.gain_db = self.gain_db if gain_db is None else gain_db

    def _reading(self, port: str) -> Reading | None:
        """None: nothing shows it, or a gain that was given holds."""
        from ...knob.cards import NotThere, input_of
        from ...knob.watch import is_offered, read_once

        asked = knob_asked(self._options)
        if not (asked.is_on and is_offered()):
            return None
        row = row_of(argparse.Namespace(interface=self._options.interface or KEPT, max_input_dbu=None))
        try:
            return read_once(asked, None if row is None else row.name, input_of([port]))
        except NotThere as error:
            if asked.is_asked:
                self._operator.say(f"Knob       it is not read: {error}")
        except ConfigError as error:
            self._operator.say(f"Knob       it is not read: {error}")
        return None

    def _refuse_line_and_pad(self, reading: Reading) -> None:
        at = f"input {reading.number} of {reading.interface}"
        if reading.is_instrument is False:
            raise CaptureError(f"{at} is set to LINE: {KEPT_IS}; set it to INST and measure again.")
        if reading.has_pad:
            raise CaptureError(f"The pad of {at} is on: {KEPT_IS}; switch it off and measure again.")
