"""打法: what to do with each tier and layer, hints by age, what a campaign must prepare."""
