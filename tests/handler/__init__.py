"""Tests of `handler`."""
