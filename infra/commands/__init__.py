"""The operator's commands, one module each: arguments, one call of `infra.operator`, output."""
