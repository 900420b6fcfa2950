"""Phone numbers and secrets in saved notebooks."""
