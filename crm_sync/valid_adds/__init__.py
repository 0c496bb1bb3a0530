"""有效添加: an added friend who is real-name, owned, first, kept and two-way."""
