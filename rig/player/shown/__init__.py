"""What a screen of its own shows of the player, beside the state of the moment: lists to choose from, and details."""
