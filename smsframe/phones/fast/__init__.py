"""Columns of digits classified by ranges from the metadata of libphonenumber."""
