"""Files of any kind: read before they are needed, found in folders, written whole or not at all."""
