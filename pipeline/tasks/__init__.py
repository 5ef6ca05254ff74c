"""Kinds of task: each file says how a model is compiled, measured after an epoch, and asked for predictions."""
