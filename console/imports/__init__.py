"""What came in by file: every run, every kind, every line that was not taken."""
