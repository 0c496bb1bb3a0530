"""Numbers over the rest."""
