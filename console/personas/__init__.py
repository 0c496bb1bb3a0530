"""Personas at the desk: how many belong to each, who they are and why."""
