"""人设: the card of a customer manager, shown while a verified certificate holds and not a day longer."""
