"""A procedural painter: reads what a prompt describes and paints that landscape.

It is numpy and Pillow, not a model. It leaves everything about requests, models,
prices and storage to its callers: a prompt, a seed and a size go in, pixels come out.
"""
