"""What must be thought through before a campaign: three questions, four preparations (A18)."""
