"""One module a vendor of images, each an implementation of the core's `Provider`.

Only the worker imports them: what a vendor needs (tokens, image libraries) does not weigh on the
API function.
"""
