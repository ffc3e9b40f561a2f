"""A deterministic simulation of the real code: its stores over memory, its failures on command."""
