"""The platform's events, turned into calls on the application and the core.

One module an event source. The entry modules at `handler`'s root build what these need and keep it.
"""
