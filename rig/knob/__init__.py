"""How the preamp of an interface is set, as its driver tells ALSA: read, watched, and taken into the sum."""
