"""Claims, and the statistics that judge them."""
