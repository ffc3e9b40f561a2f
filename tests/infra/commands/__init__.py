"""Tests of `infra.commands`: the command line against a running stack."""
