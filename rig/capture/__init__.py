"""Making new models: the signal that is played through the gear, the take, its checks, and the pair to train from.

Imports among the parts run one way, for type checkers too:

    signal, levels <- checks <- take <- result, ir <- calibration, session

signal   what is played
checks   figures of a recording, the limits they are held against, and the verdicts; arrays only
take     a server, two ports and an operator: the path tried, the level found, the take recorded
result   what a recording becomes: folder, pair, sidecar, report, training files, the finished model
ir       the same for the impulse response of a cabinet, by sweeps
"""
