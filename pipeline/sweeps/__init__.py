"""Search for better settings: who asks for what, which trials go on, and what came of it in the end."""
