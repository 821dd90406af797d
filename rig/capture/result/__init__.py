"""What a recording becomes: a folder with pair, sidecar, training files and report, or one that says why not."""
