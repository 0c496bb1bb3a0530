"""复核台: what screening stopped, with three keys; how often each rule stops in vain."""
