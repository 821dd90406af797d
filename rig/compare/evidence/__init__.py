"""Evidence that others can replay: results, what they were made from, and their hashes, in one zip or folder."""
