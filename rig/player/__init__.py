"""What a player can do, in one table, and the object that does it."""
