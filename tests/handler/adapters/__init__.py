"""The adapters, against the emulator."""
