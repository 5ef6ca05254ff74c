"""A finished run as metrics and probes see it, its scores, and what many runs come to."""
