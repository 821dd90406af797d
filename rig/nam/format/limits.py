"""How much a file may ask for: far more than any real model does, and checked before anything is allocated."""

from __future__ import annotations

MAX_WEIGHTS = 500_000  # in one list; the largest public models have a tenth of that
MAX_CHANNELS = 1024
MAX_LAYERS = 1024  # of one network
MAX_LAYERS_IN_FILE = 16 * MAX_LAYERS  # of all its networks
MAX_NETWORKS = 1024  # in a file: sizes, parts of a chain, conditioning networks
MAX_TAPS = 1 << 16  # of all convolutions in a file; Linear has its own
MAX_SLOPES = 1 << 15  # of all activations with one per channel
MAX_RECEPTIVE_FIELD = 1 << 20  # samples
MAX_HISTORY = 1 << 22  # numbers of signal, past and present; the widest public model keeps 400,000
MAX_PREWARM_MACS = 1 << 34  # of a recurrent network, before its first note: a second or two; an LSTM 1x24 takes 6e7
MAX_MACS = 1 << 22  # per sample; a hundred times the largest public model, which no CPU plays in real time
