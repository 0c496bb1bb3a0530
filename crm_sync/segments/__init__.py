"""Segments (客群规则选出的客户): the rule language in SQL, and the segments people saved."""
