"""Figures of a candidate beside its error-to-signal ratio, one idea per file; docs/figures.md has every formula.

All take what a comparison has at hand (spectra of the span that is judged, lag, polarity and level taken out), and what
is the same for every candidate comes from `rig.compare.gear_figures`, computed once.
"""
