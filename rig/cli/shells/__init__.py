"""What shells and `man` know of the command line: completion scripts and manual pages, all made from the parsers."""
