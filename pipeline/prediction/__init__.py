"""A trained model and a new file: which model answers, how the file is read and encoded, and what is answered."""
