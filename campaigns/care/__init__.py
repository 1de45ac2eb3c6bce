"""Care: what went wrong is noticed, told before anybody asks, made good, and told again when it is put right."""
