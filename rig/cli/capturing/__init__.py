"""Capturing at a terminal: what is asked and told on the way to a take, to sweeps and to known levels."""
