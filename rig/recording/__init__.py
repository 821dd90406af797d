"""Takes of a session on disk: the guitar and what was heard, in 24-bit WAV that is valid at every moment."""
