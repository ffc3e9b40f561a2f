"""The core's ports over AWS: DynamoDB, S3, SQS, and the machine's clock.

Named only in `handler.bootstrap`.
"""
