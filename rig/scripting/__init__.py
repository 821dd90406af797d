"""What serves those who use rig from Python: arguments refused by name, objects that show themselves."""
