"""Making a vendor's image safe to keep and to serve, whatever its bytes are."""
