"""Tests of `infra.lambda_runtime`: its parts, real sandboxes, and a whole stack on them."""
