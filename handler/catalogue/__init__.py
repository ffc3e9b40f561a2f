"""The catalogue: one JSON file a model under `models/`, at the path that is its id.

`load` reads and checks them, `published` what an operator adds and changes, and `live` says what is
offered now; what a model is, is `handler.core.models`' matter.
"""
