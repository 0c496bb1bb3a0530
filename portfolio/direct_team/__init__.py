"""远程直营团队: branches hand up their yearly list; with their head's consent the team takes over."""
