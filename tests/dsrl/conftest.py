"""Makes what stands beside this file importable in the folders below."""
