"""Callback intake: the product beside the usual way, the same events, the same promise."""
