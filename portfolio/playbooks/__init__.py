"""Which playbook a tier has, which contents suit a layer, which hints an age (A3, A4, D9)."""
