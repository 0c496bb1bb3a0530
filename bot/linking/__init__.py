"""/o/link: the pages on which a customer proves who they are."""
