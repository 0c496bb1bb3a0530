"""Planning a day: the whole gate beside a plan made of SQL alone, on the same rows."""
