"""What everything stands on: people, editions, expressions, working time, audit, effects. No screens, no HTTP."""
