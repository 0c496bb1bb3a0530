"""One person's data: what there is, handed to them, erased where the law lets it go."""
