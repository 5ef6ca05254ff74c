"""Steps of preparing data: split, describe."""
