"""What every process that serves HTTP shares: its listening, its health, the look of its pages."""
