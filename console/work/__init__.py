"""工单: what a person must decide, and how it was decided."""
