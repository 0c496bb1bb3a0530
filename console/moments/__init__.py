"""企业朋友圈 at the desk: the list, one with its numbers, the form (docs/moments.md)."""
