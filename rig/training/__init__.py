"""From a take to a model: the official trainer, started, watched, judged and heard while it learns."""
