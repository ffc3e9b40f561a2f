"""Real clients of others, each doing what an assistant does, against a running stack."""
