"""Everything MLflow is told while topics train and afterwards."""
