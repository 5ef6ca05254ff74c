"""What readers get to see: the report, the tables of docs/, the ledger in the terminal; and their templates."""
