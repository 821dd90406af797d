"""Bringing an index up to date: who reads which files, by whom it is done, and what stands in the way."""
