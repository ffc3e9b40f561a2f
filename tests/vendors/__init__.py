"""Fakes of the vendors of images: real HTTP servers on this machine, made from their contracts.

What a fake does with a request is said in its prompt, as a word in brackets: `a boat [busy once]`.
So anything that can send a prompt can be tried against it: the adapters, the vendors' own clients,
a whole running stack.
"""
