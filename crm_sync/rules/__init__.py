"""Pure decisions over facts: ages, phones in a remark, what a reading means, who is whom."""
