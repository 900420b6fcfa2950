"""What smsframe costs beside what it replaces: `README.md` says how, ``make bench`` measures."""
