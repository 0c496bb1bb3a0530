"""Callbacks: what WeCom tells the product, how it is sealed, and how it is sent."""
