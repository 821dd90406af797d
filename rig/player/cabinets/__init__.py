"""Cabinets of a session: browsing, choosing, mixing, equal loudness, export."""
