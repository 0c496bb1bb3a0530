"""Customer groups (客户群): who is in them, what they are for, what happened in each."""
