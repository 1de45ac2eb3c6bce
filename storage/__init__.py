"""Where it is kept: the only package that imports pymongo, redis and rq."""
