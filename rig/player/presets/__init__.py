"""Presets of a session: the setlist, and one of them made to sound."""
