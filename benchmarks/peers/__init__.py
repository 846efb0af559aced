"""The same journeys written with other tools, as their documentation shows."""
