"""The result columns and what they say."""
