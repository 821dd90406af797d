"""How the official trainer's environment is made: what is locked, where it lies, and pip at work."""
