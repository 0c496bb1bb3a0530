"""What an operator types, and what comes of it."""
