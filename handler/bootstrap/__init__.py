"""Wires the core to its adapters: the one place where real adapters are named.

Each entry module builds what it needs once and keeps it for the life of its process. What only the
worker needs is imported by `bootstrap.worker` alone.
"""
