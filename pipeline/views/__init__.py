"""Ways to change a training split: one file a step, each with one function `apply`."""
