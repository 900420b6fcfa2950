"""Durable memory of campaigns, their people and their orders."""
