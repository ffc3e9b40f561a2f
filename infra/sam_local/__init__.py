"""`make sam-local`: the API function in Docker by `sam local start-api`, all else as in `serve`."""
