"""What is played through the gear."""
