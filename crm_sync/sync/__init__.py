"""What WeCom has, read whole: the first full synchronisation and the nightly reconcile."""
