"""Who answers for whom: allocation, transfer, handover, follow-up, contact duty, coverage."""
