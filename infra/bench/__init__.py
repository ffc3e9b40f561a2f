"""Measurements: programs that print figures, and judge where a promise is at stake."""
