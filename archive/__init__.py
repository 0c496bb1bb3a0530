"""What was said (会话存档): kept whole, sealed, searchable, screened, and provable."""
