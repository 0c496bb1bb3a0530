"""Products at the desk: whom each of them suits."""
