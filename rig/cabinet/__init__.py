"""Work on impulse responses, away from the audio thread.

shaping        cuts, trim, fade, leading silence, minimum phase: an IR becomes another
mixing         up to four IRs become one: gain, polarity, delay, pan, alignment
fairness       how much louder or softer each IR has to be played to sound as loud as the others
exporting      an IR becomes a file for other players and hardware
response       what an IR does to each frequency
description    what a file is, in figures, with what looks wrong about it
drawing        the same as pictures
"""
