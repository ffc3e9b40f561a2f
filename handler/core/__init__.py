"""The generation core: accounts, models and generations, and every decision about them.

Nothing here knows HTTP, MCP, AWS or a vendor: the outside is reached through `handler.core.ports`.
"""
