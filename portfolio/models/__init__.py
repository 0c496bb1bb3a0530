"""The tables of portfolio. They are its own: other packages ask its repositories for facts."""
