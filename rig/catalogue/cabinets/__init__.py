"""Cabinets in the catalogue: which files are one, what they do to a sound, which are alike, darker or twins."""
