"""The session archive's own wire: the two-stage cipher, the records, the media chunks."""
