"""Tests of the platform's events."""
