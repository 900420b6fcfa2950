"""What an order is, and the life of one; pure."""
