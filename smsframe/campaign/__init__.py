"""The engine that sends each person one text, once."""
