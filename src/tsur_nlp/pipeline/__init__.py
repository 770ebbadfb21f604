"""The steps of a decision, one a file."""
