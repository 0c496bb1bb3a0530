"""后台标签: the tags that the bank made in WeCom, and what each means here."""
