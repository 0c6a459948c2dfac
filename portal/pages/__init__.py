"""What is shown: each handler asks one service and returns one page."""
