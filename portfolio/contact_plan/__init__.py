"""每日联络客户计划表: 15 to 25 customers a manager a day, each with its reasons (B8)."""
