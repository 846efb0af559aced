"""The routes of the API, one module for each thing one can ask for."""
