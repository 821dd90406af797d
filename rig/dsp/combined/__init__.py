"""Two networks that are played like one: one behind the other, or side by side."""
