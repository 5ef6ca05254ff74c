"""Many runs: who carries out which, and how far they are."""
