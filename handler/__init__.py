"""What ships to the Lambda functions, and nothing else.

The entry modules are `handler.api`, `handler.worker` and `handler.sweeper`.
"""
