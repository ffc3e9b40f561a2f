"""Tests of the procedural painter."""
