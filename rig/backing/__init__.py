"""A file that is played beside the guitar: read piece by piece, gone round in its section, at the session's rate."""
