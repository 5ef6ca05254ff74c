"""MLflow as a workbench: what it is told while topics train and afterwards, and its UI."""
