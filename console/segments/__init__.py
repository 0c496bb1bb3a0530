"""客群规则: conditions as sentences, live counts, versions, ready packages."""
