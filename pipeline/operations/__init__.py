"""What people and DVC do around the stages: repeat, prune, lock, stop."""
