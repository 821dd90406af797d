"""MIDI of a session: what each event does, learning, and what was received."""
