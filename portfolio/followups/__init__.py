"""Follow-ups without a deal: after five the customer is parked (B4)."""
