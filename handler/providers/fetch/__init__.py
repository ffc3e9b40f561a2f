"""Fetching what a vendor's answer, or a caller's input, names by URL, without being led astray."""
