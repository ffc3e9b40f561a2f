"""The catalogue: one JSON file a model under `models/`, at the path that is its id.

`load` reads and checks them; what a model is, is `handler.core.models`' matter.
"""
