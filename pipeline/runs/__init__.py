"""How a run is carried out: fitted, stored, and by whom."""
