"""What a page of rig and the page of a listening test have in common: who comes in, and where it is served."""
