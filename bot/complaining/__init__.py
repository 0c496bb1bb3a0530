"""The customer's own page to complain."""
