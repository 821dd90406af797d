"""`rig listen` in the terminal: its options, a sitting with keys, and the report as text."""
