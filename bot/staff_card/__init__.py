"""The card of a customer manager, as customers see it."""
