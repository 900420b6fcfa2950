"""Progress, in notebooks, terminals and logs."""
