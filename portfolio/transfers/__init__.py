"""客户提升移交: a monthly batch, a form each, introduced, contacted within the hours, archived."""
