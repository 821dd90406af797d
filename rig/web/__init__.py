"""The page, and the remote protocol under it: docs/developer/protocol.md.

    messages     what may be said, checked to the last field
    board        what is shown and what is asked, between the thread that plays and the one that serves
    server       the thread that serves; conversation: one client of it
    access       tokens, devices, failures; origins: which hosts and origins may ask at all
    files        the page's files, listed at the start
    meters       binary frames; spectrum: what they are made of
    server_state the audio server, as it is told of
    page         the door for whoever plays: start, poll, show
    remote       the other end, for `rig remote`

Nothing here is imported before a page is served, and nothing in the audio thread knows of it.
"""
