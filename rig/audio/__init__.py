"""Signals as arrays: what they measure."""
