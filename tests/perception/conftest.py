"""That this file is here lets tests in folders below import what lies beside it."""
