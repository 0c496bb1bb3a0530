"""为什么: the chain behind one message, from what was sent back to what made it so, with proof."""
