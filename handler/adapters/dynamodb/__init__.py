"""The two tables: `credits` and `generations`.

`writes` holds every conditional write as a value, `items` turns records into items and back,
`client` sends and translates errors; the stores implement the ports with them.
"""
