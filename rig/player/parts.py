"""What the commands of a player act on, each part under the name by which the table calls it."""

from __future__ import annotations

from typing import Protocol

from .cabinets.audition import Audition
from .finding.library_search import Finding
from .following.followed_training import FollowedTraining
from .live_rig import LiveRig
from .models import Models
from .presets.presets import Presets
from .row.second_model import SecondModel
from .tools.backing import Backing
from .tools.headroom import Headroom
from .tools.interface import InterfaceControls
from .tools.looper import Looper
from .tools.recorder import Recorder


class Learns(Protocol):
    """Whoever lets a MIDI message do something; see `MidiControl`."""

    def learn(self, text: str) -> None:
        """Bind the next message to the command that the text begins with."""

    def check_learn(self) -> None:
        """Raise a RigError where there is no MIDI."""


class Parts(Protocol):
    """A player, as the table sees it."""

    @property
    def rig(self) -> LiveRig:
        """What sounds."""

    @property
    def models(self) -> Models:
        """The models to step through."""

    @property
    def finding(self) -> Finding:
        """Models that are looked for in the library."""

    @property
    def second(self) -> SecondModel:
        """The second model of a row."""

    @property
    def training(self) -> FollowedTraining:
        """A model that is trained meanwhile."""

    @property
    def presets(self) -> Presets:
        """The setlist."""

    @property
    def audition(self) -> Audition:
        """Choosing among cabinets."""

    @property
    def looper(self) -> Looper:
        """The loop."""

    @property
    def backing(self) -> Backing:
        """A track beside the guitar."""

    @property
    def recorder(self) -> Recorder:
        """Takes into files."""

    @property
    def headroom(self) -> Headroom:
        """What the meters teach."""

    @property
    def interface(self) -> InterfaceControls:
        """The audio interface, as far as levels go."""

    @property
    def midi(self) -> Learns:
        """Foot switches and knobs."""

    def help(self) -> None:
        """Show what can be done."""

    def show_stage(self) -> None:
        """Show what plays in large letters, or no more."""

    def quit(self) -> None:
        """End the session."""
