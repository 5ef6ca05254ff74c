"""Aula: a deep-learning course as experiments that anyone can rerun and compare."""
