"""The MCP edge: the four tools, their texts, and the server object that offers them.

Knows MCP's types and the core; knows nothing of HTTP, which is `handler.web`'s.
"""
