"""The equivalent that `make coldstart` compares with."""
