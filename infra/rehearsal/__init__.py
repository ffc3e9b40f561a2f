"""The deployment, rehearsed without an AWS account: built, deployed, used, updated and deleted."""
