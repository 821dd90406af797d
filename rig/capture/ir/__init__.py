"""The impulse response of a cabinet, by sweeps."""
