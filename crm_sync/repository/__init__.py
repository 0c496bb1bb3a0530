"""Every question others may ask about customers, contacts, staff and units; facts out."""
