"""Bring what is under data/ to MLflow, while topics train and afterwards."""
