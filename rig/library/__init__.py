"""What rig knows about this user: interfaces, levels, loudness, favourites, presets, the last session."""
