"""What a player uses beside the sound: looper, recorder, tuner, gate, head room, overload recovery."""
