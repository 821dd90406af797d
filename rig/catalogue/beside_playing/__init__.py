"""The library while somebody plays: scanned at the lowest priority, read without a lock, searched by a typed line."""
