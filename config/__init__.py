"""Settings and policies, as values."""
