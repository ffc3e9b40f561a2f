"""`images-mcp doctor`: what is configured, what the vendors say of it, and what is wrong."""
