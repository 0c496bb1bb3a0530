"""What is configured, step by step, and what shows that it works; never a secret."""
