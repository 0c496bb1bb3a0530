"""营销活动 at the desk: the list, the seasons, the form, one with its numbers (docs/campaigns.md)."""
