"""The only code that queries. The tenant is the first argument of everything that is a tenant's.

Every function may raise DatabaseUnavailableError; what else it promises is in its docstring.
"""
