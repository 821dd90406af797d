"""Models from outside the list that the keys step through: found in a library, and played at once."""
