"""Finished runs in a store that a team shares: taken before anything is trained, given as each is done."""
