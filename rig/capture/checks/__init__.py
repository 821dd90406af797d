"""What a take has to pass before it is handed to a trainer."""
