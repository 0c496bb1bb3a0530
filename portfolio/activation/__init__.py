"""盘活轮次: dormant customers are woken round by round; some may be skipped, not many (B5)."""
