"""The deployment, rehearsed."""
