"""Models that somebody trains while rig plays, heard while they learn."""
