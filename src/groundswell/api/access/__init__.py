"""Who may come in: keys, browser sessions, tickets, rate limits, and the gate that every request passes."""
