"""Real servers, an IRC client and the bot itself, as parts that start and stop.

Plain Python of the standard library: the integration tests and deploy/demo use it alike.
"""
