"""Tests of `infra.sam_local`: everything but Docker and the SAM CLI themselves."""
