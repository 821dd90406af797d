"""What is held against the gear: a model that rig plays (`played_model`), or a recording of what something else made.

`which_kind.candidate_of` tells them apart; `candidate.Candidate` is what a comparison knows of either.
"""
