"""Campaigns: an audience, approved words in waves, a hold-out, a second person, a stop."""
