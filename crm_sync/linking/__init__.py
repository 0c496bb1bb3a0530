"""实名绑定: a customer proves by WeChat identity, number and one-time code who they are."""
