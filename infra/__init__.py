"""Everything around the functions: the local stack, the operator's commands, measurements.

None of it ships to Lambda, and nothing in `handler` imports it.
"""
