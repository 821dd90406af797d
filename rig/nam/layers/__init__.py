"""The layers that architectures consist of."""
