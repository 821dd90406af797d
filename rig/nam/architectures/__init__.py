"""One reader per architecture."""
