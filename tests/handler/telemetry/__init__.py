"""What is told of the work, through the doors that it goes through."""
