"""What sounds, what a player can do about it, and what there is to see of it."""
