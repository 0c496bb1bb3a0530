"""Benefits, events and referrals at the desk."""
