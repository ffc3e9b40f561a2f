"""What a caller gets of each vendor in each situation: a module a vendor, a `Cell` a situation."""
