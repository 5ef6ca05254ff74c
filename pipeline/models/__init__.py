"""Architecture families: one file per model, each with one function `build`."""
