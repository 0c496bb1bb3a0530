"""Customers at the desk: lists in sight, one customer masked, and the step that unmasks."""
