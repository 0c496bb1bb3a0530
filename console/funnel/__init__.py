"""获客: where friends come from, how far they have come, which adds are valid."""
