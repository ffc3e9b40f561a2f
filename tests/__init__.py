"""The tests mirror `handler` and `infra`."""
