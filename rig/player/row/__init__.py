"""A second model behind the one that plays: which one, how it is set, and the commands for it."""
