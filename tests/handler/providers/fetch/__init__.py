"""Downloads, against hostile URLs and a hostile server."""
