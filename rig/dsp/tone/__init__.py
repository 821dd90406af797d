"""Tone controls: shelves and peaks behind the model."""
