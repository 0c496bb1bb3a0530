"""产品白名单: who may be shown a product, each entry by two people and until a day."""
