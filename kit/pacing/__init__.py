"""How often another system may be asked, decided by all processes together through the database."""
