"""What `rig library` prints and draws."""
