"""The desk through the real application: every page, every role, both databases."""
