"""An access token that all processes share, sealed in the database, fetched by one of them."""
