"""Clock ticks that many processes see and one of them acts on."""
