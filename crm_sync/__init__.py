"""To whom: sources, customers, holdings, staff, units, contacts, binding, tags, personas, access."""
