"""Tests of `infra.bench`: what its programs make of answers and figures."""
