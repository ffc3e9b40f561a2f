"""Programs that drive a fake with the vendor's own client and print what they got, as JSON."""
