"""A terminal in front of a player or a comparison: its sentences, with their labels and keys."""
