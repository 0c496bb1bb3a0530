"""Recall: badly kept customers taken back with a reason, given anew by the month's plan."""
