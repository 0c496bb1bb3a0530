"""Corp moments shown by tag (企业朋友圈): decision 0014, docs/moments.md."""
