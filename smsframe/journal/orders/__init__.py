"""The tables of orders, in batches of people."""
