"""The customer's own page to say no, and to say yes again."""
