"""What every floor stands on: clock, database, ledger, crypto, errors, log, files, web."""
