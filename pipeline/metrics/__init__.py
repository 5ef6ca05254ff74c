"""Scores: a file a kind of task, and one for what the history alone tells; each public function is a metric."""
