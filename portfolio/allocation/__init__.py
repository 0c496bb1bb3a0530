"""Allocation: a named list, a method, a plan that a second person approves, all applied in one go."""
