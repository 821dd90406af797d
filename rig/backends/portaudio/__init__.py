"""The PortAudio stream, where there is no JACK."""
