"""What this gear makes of what is played, and what in a take is not this gear."""
