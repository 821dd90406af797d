"""What `rig interfaces` and `rig calibrate --row` do."""
