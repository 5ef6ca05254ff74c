"""What readers get to see: the page, the tables of docs/, the verdicts in the terminal."""
