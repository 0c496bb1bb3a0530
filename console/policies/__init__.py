"""策略: what a business owner may change, proposed by one person and put in force by another."""
