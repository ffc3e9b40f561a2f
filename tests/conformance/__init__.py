"""The official MCP conformance suite against the running service."""
