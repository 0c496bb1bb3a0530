"""授权与退订: counts by purpose and unit, the lists behind them, one customer's history."""
