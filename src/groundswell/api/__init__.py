"""HTTP and WebSocket: parse, call one function, shape the answer."""
