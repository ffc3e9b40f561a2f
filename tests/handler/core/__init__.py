"""The core, through the ports it is given."""
