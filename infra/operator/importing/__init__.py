"""`images-mcp models import`: from a vendor's own description of a model to a catalogue file."""
