"""Scores of generated samples by themselves: none; how near samples are to the data is for the probes of a topic."""
