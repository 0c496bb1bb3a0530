"""Triggers: which maturities, birthdays, cards, loans and festivals deserve a word today."""
