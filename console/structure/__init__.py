"""How the customers are made up: classes, concentration, files, outlets; every number a list."""
