"""Asking the gear on the desk itself: a probe and ten seconds of guitar are played through it."""
