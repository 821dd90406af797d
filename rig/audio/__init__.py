"""Sound in files and arrays: reading and writing, other rates, lag, loudness, measures and their plots."""
