"""Images: the ordinary, the hostile and the blank."""
