"""Keeps every callback first and handles it after: in order, with retries and a quarantine."""
