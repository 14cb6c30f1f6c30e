"""SPIRAL (Ganin et al. 2018): an agent learns programs that draw a picture."""
