"""上线: what is left to put in order, and how far the bank has come."""
