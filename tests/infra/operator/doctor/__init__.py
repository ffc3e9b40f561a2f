"""Tests of `infra.operator.doctor`."""
