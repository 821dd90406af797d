"""`rig serve`: playing on a machine without a screen, kept running by its system."""
