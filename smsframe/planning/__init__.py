"""Contacts and a text become a `Plan`."""
