"""Facts, rules, tables and temporal-difference learning over them."""
