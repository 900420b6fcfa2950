"""What people change of orders once they are sent."""
