"""Proofs that take minutes: run by hand and before a release, their figures quoted in the docs."""
