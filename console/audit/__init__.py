"""审计检索: what was said, found in sight, shown with its context and its proof; each look recorded."""
