"""Tests of the MCP edge."""
