"""How things are: dependencies, jobs, what waits, whether the record is whole."""
