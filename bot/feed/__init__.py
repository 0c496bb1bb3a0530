"""Rows that bank systems push: signed, kept before they are answered, imported once."""
