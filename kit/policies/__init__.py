"""Policies a business owner may change: proposed by one person, put in force by another."""
