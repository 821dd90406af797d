"""The arithmetic of a listening test, with no file and no sound: how scores are spread, who counts, what differs."""
