"""Tests of `infra.operator.importing`."""
