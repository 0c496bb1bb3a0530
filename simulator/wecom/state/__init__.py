"""What the tenant holds, one kind of thing a file, all in memory."""
