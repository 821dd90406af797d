"""Partitioned convolution."""
