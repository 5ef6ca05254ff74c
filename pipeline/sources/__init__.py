"""Where raw arrays come from: one file a source, each with one function `load`."""
