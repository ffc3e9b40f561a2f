"""Are the fakes right? Vendors' own descriptions and clients judge them, and us.

`make test-vendors-official` runs it; it needs Node and an environment of its own, with the vendors'
clients in it (`requirements-vendors.txt`).
"""
