"""The door: validate, key, stamp, publish; and the pump that feeds it."""
