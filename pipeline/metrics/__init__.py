"""Scores: one file per task, and one for what the history alone tells; each public function is a metric."""
