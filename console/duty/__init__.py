"""联络: who must be contacted, who covers how many, who is parked, in which round, on whose day."""
