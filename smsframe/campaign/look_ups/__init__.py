"""What the gateway has of orders that are in doubt, and of whole campaigns."""
