"""Looking for models in the library while playing."""
