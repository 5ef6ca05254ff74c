"""What runs are trained on: several GPUs for one of them, or several of them on one GPU."""
