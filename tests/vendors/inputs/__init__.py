"""What the vendors' models take, a module a vendor: where a contract is silent, anything."""
