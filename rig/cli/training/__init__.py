"""Training at a terminal: what is asked and told on the way to an environment, and to a model."""
