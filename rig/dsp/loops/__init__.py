"""Recordings that go round in step."""
