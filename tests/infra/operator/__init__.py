"""Tests of `infra.operator`."""
