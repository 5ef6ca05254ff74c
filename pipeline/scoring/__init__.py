"""A finished run as metrics and probes see it, and what scores it."""
