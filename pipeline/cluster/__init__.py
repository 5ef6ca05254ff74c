"""More machines: nodes of a Ray cluster that train runs, while this process alone writes what comes of them."""
