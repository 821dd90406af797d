"""Loops of one length that play in step: what is compared without gear, and what is listened to side by side."""
