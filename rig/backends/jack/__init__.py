"""The JACK client."""
