"""A column of messy phone numbers becomes E.164 or a reason."""
