"""全量网格: three to five areas with one person each; and who is in which team form and group."""
