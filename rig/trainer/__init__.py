"""What the official trainer (neural-amp-modeler) expects: where things lie in its signal, and the pair on disk."""
