"""One run: a model fitted, checkpointed and stored."""
