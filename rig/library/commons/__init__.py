"""The table of interfaces as a commons: what a row holds, what makes one bad, how one is found, written and sent."""
