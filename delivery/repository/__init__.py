"""Claims, reservations and results, each one race-free statement. Nobody else imports them."""
