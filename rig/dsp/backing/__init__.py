"""A track beside the guitar, in the audio thread: streams that fade in and out, each a ring."""
