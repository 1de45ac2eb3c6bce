"""How it arrives: a message's life, the gate, the channels."""
