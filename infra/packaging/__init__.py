"""Builds what ships: one directory a function, as `sam build` asks for it.

Runs on a bare Python 3.13 with pip, before anything is installed, and so imports nothing but the
standard library. What the functions need is in `requirements-*.txt`, what they are in
`template.yaml`, whose `Architecture` picks the makefile that starts this.
"""
