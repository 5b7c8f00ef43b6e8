"""The store API, one module a resource."""
