"""The take itself: wiring, levels, recording, and once more where something interrupted it."""
