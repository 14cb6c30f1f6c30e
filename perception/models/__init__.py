"""Networks and their pure losses, one family a file."""
