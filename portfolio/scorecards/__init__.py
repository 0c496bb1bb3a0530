"""季度评分: cross selling and growth of assets per manager, weighed assets first or relation first."""
