"""What they receive: offers, vouchers, referrals."""
