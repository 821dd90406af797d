"""What rig stands on: which versions are here, and what cannot be loaded."""
