"""个人信息请求: asked by one, approved by another, handed over, erased."""
