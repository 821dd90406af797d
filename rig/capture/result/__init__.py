"""The capture as files: pair, sidecar, training folder, report."""
