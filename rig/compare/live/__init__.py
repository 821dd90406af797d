"""Comparing live: two sides, one heard."""
