"""Fraud rules of referrals, one file each."""
