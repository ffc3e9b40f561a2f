"""Tests of `infra.local`: the stack as a running whole."""
