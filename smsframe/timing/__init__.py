"""When a text may go out: time zones of numbers, hours of the day, holidays. Pure: the time is handed in."""
