"""The compiled interpreter of networks, and the programs it runs."""
