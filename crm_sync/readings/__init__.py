"""客户雷达: who read which article, known only of customers who agreed to it."""
