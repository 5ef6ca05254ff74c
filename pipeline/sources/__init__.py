"""Where raw arrays come from: one file per source, each with one function `load`."""
