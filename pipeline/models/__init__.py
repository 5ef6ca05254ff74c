"""Architecture families: one file a model, each with one function `build`."""
