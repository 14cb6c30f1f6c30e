"""Rules: programs for clingo, how they are checked, asked, limited and explained."""
