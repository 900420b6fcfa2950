"""The page of `smsframe app`."""
