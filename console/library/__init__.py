"""内容库: scripts with their versions, written by one person, decided by another."""
