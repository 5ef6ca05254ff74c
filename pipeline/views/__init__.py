"""Ways to change a training split: one file per step, each with one function `apply`."""
