"""投诉: the cases, and what is done with each."""
