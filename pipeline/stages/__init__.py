"""What dvc.yaml runs, in its order."""
