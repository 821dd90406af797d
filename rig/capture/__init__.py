"""Making new models: the signal that is played through the gear, the take, its checks, and the pair to train from."""
