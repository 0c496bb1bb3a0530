"""客户移交: every handover, what became of each customer, and the second person's word."""
