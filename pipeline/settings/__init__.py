"""params.yaml into frozen settings, and those into the plan of each topic."""
