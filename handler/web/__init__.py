"""The HTTP edge: routes, authentication, CORS, image redirects, and the MCP endpoint's transport.

It turns a request into a caller and hands over to `handler.tools`; it decides nothing about
generations or money.
"""
