"""The page of a listening test: several listeners, each with a sitting of his own, and nothing but that.

    said         the one message that the page of a rig does not have
    seat         one listener's sitting, as his page sees it
    seats        all of them, and who may take which
    talk         one connection
    revealing    what is shown at the end, where that is wanted
    host         the thread that serves
    listen_page  the door for `rig listen`: start, look after, close

It has no command of a rig, no list, no event and no file: whoever was let in can listen and rate. Positions have
numbers only, and all sounds of a screen come as one block of samples (`seat.py`), so that no sound has an address, a
size, a header or a time of its own.
"""
