"""Impulse responses, away from the audio thread, and the form in which it takes them over.

shaping          cuts, trim, fade, leading silence, minimum phase: an IR becomes another
mix              up to four IRs become one: gain, polarity, delay, pan, alignment
loudness_match   how much louder or softer each IR has to be played to sound as loud as the others
export           an IR becomes a file for other players and hardware
response         what an IR does to each frequency
analysis         what a file is, in figures, with what looks wrong about it
plots            the same as pictures
prepared         the filters of an IR, ready for the convolver
bank             all IRs of a folder, prepared in the background
"""
