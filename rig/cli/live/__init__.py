"""What the live commands share: the session, its line, its ports, and what it survives."""
