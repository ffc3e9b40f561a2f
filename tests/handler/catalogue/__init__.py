"""The catalogue: which files are usable, and what is said about the others."""
