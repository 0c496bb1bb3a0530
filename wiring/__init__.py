"""Composition: the parts built from settings, and how they are joined. Holds no logic."""
