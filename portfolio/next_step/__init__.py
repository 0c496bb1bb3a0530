"""The next best step with one customer: from the plan to contact them to keeping them."""
