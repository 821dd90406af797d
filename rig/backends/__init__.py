"""Who calls the rig with audio: a JACK server, or a loop over a file. A backend knows blocks, not models."""
