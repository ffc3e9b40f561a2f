"""The operator's work on keys, accounts and books; how it is shown is `infra.commands`'."""
