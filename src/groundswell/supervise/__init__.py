"""Processes of ours: started so that they never outlive us, watched, restarted, stopped in order."""
