"""What a page shows and steers: a rig that plays, a comparison of two sides or by number, a capture."""
