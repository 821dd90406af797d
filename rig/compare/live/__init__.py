"""Two sides compared while they play."""
