"""What lessons ask of their readers, and the sheets that are printed for a class."""
