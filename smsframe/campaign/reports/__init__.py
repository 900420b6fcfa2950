"""What is known of campaigns, their orders and their rows."""
