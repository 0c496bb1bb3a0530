"""种养殖: what customers grow or keep, and whose season comes."""
