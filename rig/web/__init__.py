"""The page, and the remote protocol under it: docs/developer/protocol.md.

    messages     what may be said, checked to the last field
    board        what is shown and what is asked, between the thread that plays and the one that serves
    serving      a thread that serves files and one websocket
    server       the one of a rig's page; conversation: one client of it
    access       tokens, devices, failures; origins: which hosts and origins may ask at all
    files        the page's files, listed at the start
    meters       binary frames; spectrum: what they are made of
    server_state the audio server, as it is told of
    port         where a page is served, and how a phone finds it
    page         the door for whoever plays: start, poll, show
    listening    the page of a listening test: a server of its own, which knows no command of a rig
    remote       the other end, for `rig remote`

Nothing here is imported before a page is served, and nothing in the audio thread knows of it.
"""
